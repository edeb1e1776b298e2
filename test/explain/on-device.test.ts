// The model on ONNX Runtime's WebGPU provider, sharing one device with the kernels: activations and gradients stay there.
import { expect, test } from 'vitest';
import { createExplainer, gradCam, hiresCam, miCam } from '../../src/index.js';
import { open } from '../backends.js';
import { expectClose } from '../close.js';
import { node, weights } from '../onnx/build.js';
import { classifier, image, rejection, SIZE } from './classifier.js';

const methods = [miCam(), gradCam, hiresCam];

/** Behind the layer there is a convolution, so that a backward pass is needed, and a ReLU that has to be tapped. */
const deep = classifier({
  nodes: [
    node('Conv', ['x', 'w'], ['c'], { pads: [1, 1, 1, 1] }),
    node('Relu', ['c'], ['a']),
    node('Conv', ['a', 'w2'], ['d'], { pads: [1, 1, 1, 1] }),
    node('Relu', ['d'], ['e']),
    node('GlobalAveragePool', ['e'], ['g']),
    node('Flatten', ['g'], ['f']),
    node('Gemm', ['f', 'fc'], ['logits']),
  ],
  initializers: { w: weights([6, 3, 3, 3]), w2: weights([6, 6, 3, 3]), fc: weights([6, 5]) },
});

test.for([['a'], ['a', 'e']])('layers %s: the same maps as on the CPU', async (layers, { skip }) => {
  await open('webgpu', skip);
  const images = [image(1), image(2), image(3)];
  const run = async (on: 'wasm' | 'webgpu') => {
    const runtime = on === 'webgpu' ? 'webgpu' : 'web';
    const explainer = await createExplainer(deep, { backend: on, runtime, methods, layers });
    // Twice: what the first batch left on the device must not show in the second.
    await explainer.explain([image(9), image(8)], { target: 1 });
    const explanations = await explainer.explain(images, { target: [0, 3] });
    await explainer.dispose();
    return explanations;
  };
  const [want, got] = [await run('wasm'), await run('webgpu')];
  expect(got.map(({ runtime, backend }) => `${runtime}, ${backend}`)).toEqual(
    Array(6).fill('onnxruntime-web webgpu, webgpu'),
  );
  for (const [i, { maps }] of got.entries()) {
    for (const { name } of methods) {
      const expected = want[i].maps[name];
      expectClose(maps[name].raw.data, expected.raw.data, expected.raw.shape, 1e-4);
      expectClose(maps[name].saliency, expected.saliency, [SIZE, SIZE], 1e-4);
    }
  }
});

test('activations that are not finite are found on the device', async ({ skip }) => {
  await open('webgpu', skip);
  const bytes = classifier({
    nodes: [
      node('Mul', ['x', 'hundred'], ['h']),
      node('Exp', ['h'], ['a']),
      node('Mul', ['a', 'zero'], ['z']),
      node('GlobalAveragePool', ['x'], ['g']),
      node('Flatten', ['g'], ['f']),
      node('Gemm', ['f', 'fc'], ['y']),
      node('ReduceMax', ['z'], ['m'], { axes: [1, 2, 3], keepdims: 0 }),
      node('Unsqueeze', ['m', 'one'], ['u']),
      node('Clip', ['u', 'zero', 'zero'], ['o']),
      node('Add', ['y', 'o'], ['logits']),
    ],
    initializers: {
      hundred: { dims: [], values: Float32Array.of(100) },
      zero: { dims: [], values: Float32Array.of(0) },
      one: { dims: [1], values: BigInt64Array.of(1n) },
      fc: weights([3, 5]),
    },
  });
  const explainer = await createExplainer(bytes, {
    backend: 'webgpu',
    runtime: 'webgpu',
    methods: [miCam()],
    layers: ['a'],
  });
  const hot = { data: new Float32Array(192).fill(0.1), shape: [3, SIZE, SIZE] };
  hot.data[130] = 1; // exp(100) overflows float32
  const [code, message] = await rejection(explainer.explain([hot]));
  await explainer.dispose();
  expect([code, message]).toEqual([
    'input',
    'layer "a": 1 of 192 values are not finite, first at [2, 0, 2] (Infinity).',
  ]);
});
