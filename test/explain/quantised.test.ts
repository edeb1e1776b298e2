import { describe, expect, test } from 'vitest';
import { ablationCam, cam, gradCam, hiresCam, infoCam, layerCam, miCam } from '../../src/index.js';
import { readNpy } from '../../src/node/index.js';
import { bake, parseModel } from '../../src/onnx/index.js';
import { floats, isDeviceTensor, openSession } from '../../src/runtime/index.js';
import { backends, open } from '../backends.js';
import { caseBytes, casePath, expected, explaining, pictures } from '../cases/case.js';
import { expectClose } from '../close.js';
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

const expectedOf = async (method: string, folder = 'dynamic-quantised-head'): Promise<Float32Array> =>
  (await readNpy(casePath(`${folder}/expected.${method}.raw.npy`))).data;

describe.each(backends)('a dynamically quantised linear layer on %s', (backend) => {
  const model = 'dynamic-quantised-head/model.onnx';

  test.for([true, false])(
    'maps of the rounded weights, straight through: closed forms %s',
    async (closedForms, { skip }) => {
      await open(backend, skip);
      const images = await pictures();
      const found = await explaining(
        model,
        { methods: [gradCam, hiresCam, layerCam], closedForms, backend },
        (one) => one.explain(images),
      );
      expect(found[0].maps['grad-cam'].gradients).toBe(closedForms ? 'closed form' : 'backward graph');
      for (const method of ['grad-cam', 'hires-cam', 'layer-cam'] as const)
        expectClose(
          joined(found.map(({ maps }) => maps[method].raw.data)),
          await expectedOf(method),
          [2, 8, 8],
          2e-6,
        );
    },
  );

  test('CAM is Grad-CAM times the number of positions', async ({ skip }) => {
    await open(backend, skip);
    const images = await pictures();
    const found = await explaining(model, { methods: [cam, infoCam()], backend }, (one) =>
      one.explain(images),
    );
    const want = (await expectedOf('grad-cam')).map((value) => 64 * value);
    expectClose(joined(found.map(({ maps }) => maps.cam.raw.data)), want, [2, 8, 8], 2e-4);
  });
});

test('Ablation-CAM runs what is rounded: its weights are not those of W', async () => {
  const images = await pictures();
  const weightsOf = (closedForms: boolean) =>
    explaining('dynamic-quantised-head/model.onnx', { methods: [ablationCam], closedForms }, async (one) =>
      joined(
        (await one.explain(images)).map(({ maps }) => maps['ablation-cam'].weights ?? new Float32Array()),
      ),
    );
  const [run, same] = [await weightsOf(true), await weightsOf(false)];
  expect(Math.max(...run.map(Math.abs))).toBeGreaterThan(0.01);
  expect(same).toEqual(run);
});

test('other methods run', async () => {
  const images = await pictures();
  const found = await explaining('dynamic-quantised-head/model.onnx', { methods: [miCam()] }, (one) =>
    one.explain(images),
  );
  expect(found).toHaveLength(2);
});

/** ReLU, then each picture's least value at 0 and its largest at 1. */
function saliency(map: Float32Array, size: number): Float32Array {
  return Float32Array.from(map, (value, i) => {
    const own = map.slice(i - (i % size), i - (i % size) + size).map((one) => Math.max(one, 0));
    const [least, most] = [Math.min(...own), Math.max(...own)];
    return (Math.max(value, 0) - least) / (most - least);
  });
}

test.each([
  ['cam', true],
  ['grad-cam', true],
  ['grad-cam', false],
] as const)('baked %s has the rounded weights: closed forms %s', async (method, closedForms) => {
  const model = parseModel(caseBytes('dynamic-quantised-head/model.onnx'), 'head.onnx');
  const images = await pictures();
  const data = Float32Array.from(images.flatMap((image) => [...image.data]));
  const baked = bake(model, { method, closedForms, size: 'layer' });
  const session = await openSession({ bytes: baked.bytes }, { runtime: 'node', threads: 1 });
  const got = await session.run({ x: { data, shape: [2, 3, 32, 32] } });
  await session.dispose();
  const map = got[baked.saliency.name];
  if (isDeviceTensor(map)) throw new Error('expected the map on the host');
  expectClose(floats(map, 'map'), saliency(await expectedOf('grad-cam'), 64), [2, 8, 8], 1e-5);
});
