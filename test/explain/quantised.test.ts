import { expect, test } from 'vitest';
import { gradCam, hiresCam, layerCam, miCam } from '../../src/index.js';
import { expected, explaining, pictures } from '../cases/case.js';
import { expectClose } from '../close.js';
import { rejection } from './classifier.js';
import { joined } from './family-run.js';

test.each(['model', 'model-with-shapes'])(
  'behind a dynamically quantised convolution maps are those of the float weights within what quantising costs: %s',
  async (name) => {
    const asked = [gradCam, hiresCam, layerCam];
    const images = await pictures();
    const found = await explaining(`dynamic-quantised-layer/${name}.onnx`, { methods: asked }, (one) =>
      one.explain(images),
    );
    for (const method of ['grad-cam', 'hires-cam', 'layer-cam'] as const)
      expectClose(
        joined(found.map(({ maps }) => maps[method].raw.data)),
        await expected(method),
        [2, 8, 8],
        0.02,
      );
  },
);

test('no gradient comes through a linear layer of integers, which is reported when the model is opened; other methods run', async () => {
  const images = await pictures();
  const model = 'dynamic-quantised-head/model.onnx';
  const refused = explaining(model, { methods: [gradCam] }, async () => undefined);
  expect(await rejection(refused)).toEqual([
    'gradients',
    'grad-cam: no gradient from "y" to "A": operator MatMulInteger (node "mi") has no rule. It computes with integers: take the float model, or quantise it in QDQ form; or a method without gradients such as mi-cam.',
  ]);
  const found = await explaining(model, { methods: [miCam()] }, (one) => one.explain(images));
  expect(found).toHaveLength(2);
});
