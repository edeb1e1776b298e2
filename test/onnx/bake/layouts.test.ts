// Other layers than [n, K, h, w], and numbers: a baked file gives the maps of torch.autograd in float64.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadModel, readNpy } from '../../../src/node/index.js';
import { bake } from '../../../src/onnx/bake.js';
import { parseModel } from '../../../src/onnx/index.js';
import { expectClose } from '../../close.js';
import { metaOf, pathOf, reason } from '../../explain/questions.js';
import { random } from '../../random.js';
import { errorOf } from '../small.js';
import { runBaked } from './baked.js';

const modelOf = async (name: string) =>
  parseModel((await loadModel(pathOf(name, 'model.onnx'), () => [])).bytes, name);

describe.skipIf(reason).each(['vit_cls', 'vit_gap', 'swin_windows', 'keras_nhwc'])('%s', (name) => {
  test.each(['grad-cam', 'layer-cam'] as const)('%s', async (method) => {
    const { layer, question } = metaOf(name);
    const images = await readNpy(pathOf(name, 'input.npy'));
    const classes = question.target.split(',').map(Number);
    const options = { method, layer, target: 'input' } as const;
    const { saliency, shape } = await runBaked(await modelOf(name), options, images, 'node', classes);
    const want = await readNpy(pathOf(name, `maps/${method}.npy`));
    expect(shape).toEqual(want.shape);
    expectClose(saliency, want.data, want.shape, 1e-3);
  });
});

test.skipIf(reason)('methods that read the layer by its axes are refused by name', async () => {
  const model = await modelOf('vit_cls');
  for (const method of ['mi-cam', 'eigen-cam', 'cam'] as const)
    expect(errorOf(() => bake(model, { method, layer: 'target_activation' }))).toEqual([
      'layer',
      expect.stringContaining(
        `bake: ${method}: expected a layer [n, K, h, w], got "target_activation" (tokens 8 × 8 + 1)`,
      ),
    ]);
});

test.skipIf(reason)('the number of a regression', async () => {
  const images = await readNpy(pathOf('regression', 'input.npy'));
  const { saliency } = await runBaked(
    await modelOf('regression'),
    { method: 'grad-cam', target: 'value' },
    images,
  );
  const want = await readNpy(pathOf('regression', 'maps/grad-cam.npy'));
  expectClose(saliency, want.data, want.shape, 1e-3);
});

test.each([true, false])(
  'number 3 of a classifier is the logit of class 3, closed form %s',
  async (closedForms) => {
    const path = join(import.meta.dirname, '../../../models/birds.onnx');
    const model = parseModel(new Uint8Array(readFileSync(path)), 'birds');
    const images = { data: random(2 * 3 * 128 * 128, 1), shape: [2, 3, 128, 128] };
    const options = { method: 'grad-cam', closedForms } as const;
    const value = await runBaked(model, { ...options, target: 'value:3' }, images);
    const asClass = await runBaked(model, { ...options, target: 'input' }, images, 'node', [3, 3]);
    expectClose(value.saliency, asClass.saliency, value.shape, 1e-6);
    expect(value.baked.way).toBe(closedForms ? 'closed form' : 'backward graph');
  },
);

test.skipIf(reason)('a number that the output does not have is refused', async () => {
  const model = await modelOf('regression');
  expect(errorOf(() => bake(model, { method: 'grad-cam', target: 'value:1' }))[1]).toBe(
    'bake: target: expected a number of "score" from 0 to 0, got 1.',
  );
});
