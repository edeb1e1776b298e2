// Shapes of operators on quantised tensors are those that ONNX Runtime gives.
import { expect, test } from 'vitest';
import { inferShapes, parseModel } from '../../src/onnx/index.js';
import { openSession } from '../../src/runtime/index.js';
import { model, node } from './build.js';

const microsoft = (...args: Parameters<typeof node>) => ({ ...node(...args), domain: 'com.microsoft' });
/** Scale and zero point. */
const sz = ['s', 'z'];
const bytes = (...dims: readonly number[]) => ({
  dims,
  values: new Uint8Array(dims.reduce((a, b) => a * b, 1)),
});

test('all operators that quantisation tools write', async () => {
  const nodes = [
    node('DynamicQuantizeLinear', ['x'], ['q', 'ds', 'dz']),
    node('ConvInteger', ['q', 'k', 'dz'], ['integers'], { strides: [2, 2], pads: [1, 1, 1, 1] }),
    node('QLinearConv', ['q', ...sz, 'k', ...sz, ...sz], ['conv'], { strides: [2, 2] }),
    microsoft('QLinearAdd', ['q', ...sz, 'c', ...sz, ...sz], ['add']),
    microsoft('QLinearMul', ['q', ...sz, 'c', ...sz, ...sz], ['mul']),
    microsoft('QLinearSigmoid', ['q', ...sz, ...sz], ['sigmoid']),
    microsoft('QLinearLeakyRelu', ['q', ...sz, ...sz], ['leaky']),
    microsoft('QLinearConcat', [...sz, 'q', ...sz, 'q', ...sz], ['concat'], { axis: 1 }),
    microsoft('QLinearAveragePool', ['q', ...sz, ...sz], ['average'], {
      kernel_shape: [2, 3],
      strides: [2, 1],
    }),
    microsoft('QLinearGlobalAveragePool', ['q', ...sz, ...sz], ['pooled']),
    node('Transpose', ['q'], ['last'], { perm: [0, 2, 3, 1] }),
    microsoft('QLinearAveragePool', ['last', ...sz, ...sz], ['average-last'], {
      kernel_shape: [2, 3],
      strides: [2, 1],
      channels_last: 1,
    }),
    microsoft('QLinearGlobalAveragePool', ['last', ...sz, ...sz], ['pooled-last'], { channels_last: 1 }),
    node('Flatten', ['pooled'], ['rows']),
    node('MatMulInteger', ['rows', 'm', 'dz'], ['product']),
    node('QLinearMatMul', ['rows', ...sz, 'm', ...sz, ...sz], ['linear']),
    microsoft('QGemm', ['rows', ...sz, 'm', ...sz, '', ...sz], ['gemm'], { transB: 0 }),
    microsoft('QGemm', ['rows', ...sz, 't', ...sz, '', ...sz], ['gemm-transposed'], { transB: 1 }),
    microsoft('QLinearSoftmax', ['rows', ...sz, ...sz], ['softmax'], { axis: 1, opset: 13 }),
    microsoft('MatMulIntegerToFloat', ['rows', 'm', 's', 's', 'dz', 'z'], ['product-real']),
    node('Cast', ['product'], ['real'], { to: 1 }),
    microsoft('DynamicQuantizeMatMul', ['real', 'five', 's', 'z'], ['dynamic']),
  ];
  const made = nodes.flatMap(({ outputs }) => outputs);
  const file = model({
    inputs: { x: [2, 3, 8, 9] },
    nodes,
    initializers: {
      s: { dims: [], values: Float32Array.of(0.1) },
      z: { dims: [], values: Uint8Array.of(3) },
      k: bytes(4, 3, 3, 3),
      c: bytes(3, 1, 1),
      m: bytes(3, 5),
      t: bytes(5, 3),
      five: bytes(5, 7),
    },
    outputs: Object.fromEntries(made.map((name) => [name, {}])),
    domains: { 'com.microsoft': 1 },
  });
  const session = await openSession({ bytes: file }, { runtime: 'node', threads: 1 });
  const got = await session.run({
    x: { data: new Float32Array(2 * 3 * 8 * 9).fill(1), shape: [2, 3, 8, 9] },
  });
  await session.dispose();
  const shapes = inferShapes(parseModel(file));
  for (const name of made) expect([name, shapes.get(name)]).toEqual([name, [...got[name].shape]]);
});
