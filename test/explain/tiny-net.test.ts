// A public two-channel network whose maps are known by hand: convolution of ones (bias -50, -75), ReLU,
// linear layer with rows [1 1 1 1 1 -1 -1 -1], ReLU; input 0..15.
import { describe, expect, test } from 'vitest';
import {
  createExplainer,
  eigenCam,
  gradCam,
  hiresCam,
  layerCam,
  type Method,
  xgradCam,
} from '../../src/index.js';
import { backends, open } from '../backends.js';
import { model, node } from '../onnx/build.js';

const row = [1, 1, 1, 1, 1, -1, -1, -1];
const bytes = model({
  inputs: { x: ['n', 1, 4, 4] },
  nodes: [
    node('Conv', ['x', 'w', 'b'], ['conv1']),
    node('Relu', ['conv1'], ['relu1']),
    node('Flatten', ['relu1'], ['f']),
    node('Gemm', ['f', 'fc'], ['g'], { transB: 1 }),
    node('Relu', ['g'], ['out']),
  ],
  initializers: {
    w: { dims: [2, 1, 3, 3], values: new Float32Array(18).fill(1) },
    b: { dims: [2], values: Float32Array.of(-50, -75) },
    fc: { dims: [4, 8], values: Float32Array.from([row, row, row, row].flat()) },
  },
  outputs: { out: ['n', 4] },
});
const image = { data: Float32Array.from({ length: 16 }, (_, i) => i), shape: [1, 4, 4] };

const cases: readonly (readonly [Method, string, number[], number[] | undefined])[] = [
  [gradCam, 'relu1', [0, 4, 28, 32.5], [1, -0.5]],
  [gradCam, 'conv1', [11.25, 13.5, 20.25, 22.5], [0.75, -0.5]],
  [xgradCam, 'relu1', [0, 4, 25, 25], [1, -1]],
  [hiresCam, 'relu1', [0, 4, 25, 25], undefined],
  [layerCam, 'relu1', [0, 4, 31, 40], undefined],
  [eigenCam(), 'relu1', [-19.4419, -15.6549, 11.8392, 23.2575], undefined],
];

describe.each(backends)('the tiny network on %s', (backend) => {
  test.for(cases.map((one) => [one[0].name, one[1], ...one] as const))(
    '%s at %s',
    async ([_name, _layer, method, layer, map, weights], { skip }) => {
      await open(backend, skip);
      const explainer = await createExplainer(bytes, { backend, methods: [method], layers: [layer] });
      const [{ maps, scores }] = await explainer.explain([image], { target: 0 });
      await explainer.dispose();
      expect([...scores]).toEqual([54, 54, 54, 54]);
      const { raw, weights: got } = maps[method.name];
      for (const [i, value] of map.entries()) expect(raw.data[i]).toBeCloseTo(value, 3);
      expect(got && [...got]).toEqual(weights);
    },
  );
});

test('Grad-CAM upsampled and scaled, as OpenCV and two min-max scalings give it', async () => {
  const explainer = await createExplainer(bytes, { backend: 'wasm', methods: [gradCam], layers: ['relu1'] });
  const [{ maps }] = await explainer.explain([image], { target: 0 });
  await explainer.dispose();
  const want = [
    [0, 0.0308, 0.0923, 0.1231],
    [0.2154, 0.2471, 0.3106, 0.3423],
    [0.6462, 0.6798, 0.7471, 0.7808],
    [0.8615, 0.8962, 0.9654, 1],
  ].flat();
  for (const [p, value] of want.entries()) expect(maps['grad-cam'].saliency[p]).toBeCloseTo(value, 4);
});
