// Rounding has no finite differences: products of integers are held to the same products of real numbers,
// whose rules finite differences check.
import { describe, expect, test } from 'vitest';
import { parseModel } from '../../../src/onnx/read.js';
import { constantTensor, toFloat32 } from '../../../src/onnx/values.js';
import { expectClose } from '../../close.js';
import { random } from '../../random.js';
import { model, node } from '../build.js';
import { type Form, gradientsOf, toFloats } from './run.js';

type Integers = Uint8Array | Int8Array;
const number = (value: number) => ({ dims: [], values: Float32Array.of(value) });

/** Seeded integers of all of the type's range. */
function integers(dims: readonly number[], type: 'uint8' | 'int8', seed: number) {
  const size = dims.reduce((a, b) => a * b, 1);
  const first = type === 'uint8' ? 0 : -128;
  const values = Array.from(random(size, seed), (value) => first + Math.floor(128 * (value + 1)));
  return { dims, values: type === 'uint8' ? Uint8Array.from(values) : Int8Array.from(values) };
}

const floats = (shape: readonly number[], seed: number) => ({
  shape,
  data: random(
    shape.reduce((a, b) => a * b, 1),
    seed,
  ),
});

interface Case {
  readonly operator: 'ConvInteger' | 'MatMulInteger';
  readonly x: readonly number[];
  readonly y: readonly number[];
  readonly weights: readonly number[];
  readonly type: 'uint8' | 'int8';
  /** One number, or one per class. */
  readonly zero?: readonly number[];
  readonly attributes?: Parameters<typeof node>[3];
}

const SCALE = 0.02;

/** As quantisation tools write it, and the same product of real numbers. */
function both({ operator, x, weights, type, zero, attributes }: Case, unknown: boolean) {
  const w = integers(weights, type, 7);
  const zeros = zero && Int16Array.from(zero);
  const lastFirst = operator === 'ConvInteger' ? w.values.length / weights[0] : 1;
  const real = Float32Array.from(w.values, (value, i) => {
    const c = operator === 'ConvInteger' ? Math.floor(i / lastFirst) : i % weights[1];
    return SCALE * (value - (zeros ? zeros[c % zeros.length] : 0));
  });
  const inputs = { x: unknown ? x.map(() => undefined) : x };
  const stored: Integers | undefined =
    zeros && (type === 'uint8' ? Uint8Array.from(zeros) : Int8Array.from(zeros));
  const quantised = model({
    inputs,
    nodes: [
      node('DynamicQuantizeLinear', ['x'], ['q', 's', 'z']),
      node(operator, ['q', 'w', 'z', ...(stored ? ['wz'] : [])], ['i'], attributes),
      node('Cast', ['i'], ['f'], { to: 1 }),
      node('Mul', ['s', 'ws'], ['scale']),
      node('Mul', ['f', 'scale'], ['y']),
    ],
    initializers: {
      w,
      ws: number(SCALE),
      ...(stored && { wz: { dims: stored.length === 1 ? [] : [stored.length], values: stored } }),
    },
    outputs: { y: {} },
  });
  const plain = model({
    inputs,
    nodes: [node(operator === 'ConvInteger' ? 'Conv' : 'MatMul', ['x', 'w'], ['y'], attributes)],
    initializers: { w: { dims: weights, values: real } },
    outputs: { y: {} },
  });
  return [parseModel(quantised), parseModel(plain)] as const;
}

describe('a product with rounded weights', () => {
  const cases: Readonly<Record<string, Case>> = {
    'convolution, one zero point': {
      operator: 'ConvInteger',
      x: [2, 3, 7, 6],
      y: [2, 4, 7, 6],
      weights: [4, 3, 3, 3],
      type: 'uint8',
      zero: [121],
      attributes: { pads: [1, 1, 1, 1] },
    },
    'convolution, strides, dilations, groups': {
      operator: 'ConvInteger',
      x: [2, 4, 9, 8],
      y: [2, 6, 3, 3],
      weights: [6, 2, 3, 2],
      type: 'uint8',
      zero: [128],
      attributes: { strides: [2, 2], dilations: [2, 3], group: 2, pads: [0, 0, 1, 1] },
    },
    'linear layer without a zero point': {
      operator: 'MatMulInteger',
      x: [3, 5],
      y: [3, 4],
      weights: [5, 4],
      type: 'int8',
    },
    'linear layer, a zero point per class': {
      operator: 'MatMulInteger',
      x: [3, 5],
      y: [3, 4],
      weights: [5, 4],
      type: 'uint8',
      zero: [3, 128, 250, 0],
    },
    'batches of matrices': {
      operator: 'MatMulInteger',
      x: [2, 3, 5],
      y: [2, 3, 4],
      weights: [5, 4],
      type: 'uint8',
      zero: [100],
    },
  };
  for (const [name, given] of Object.entries(cases))
    for (const form of ['separate', 'merged'] as const)
      for (const runtime of ['node', 'web'] as const)
        test.each([false, true])(`${name}, ${form}, ${runtime}: lengths unknown %s`, (unknown) =>
          expectSame(given, unknown, form, runtime),
        );
});

async function expectSame(given: Case, unknown: boolean, form: Form, runtime: 'node' | 'web') {
  const feeds = { x: floats(given.x, 1) };
  const cotangent = floats(given.y, 2);
  const options = { wrt: ['x'], score: { tensor: 'y' } };
  const [quantised, plain] = both(given, unknown);
  const { x: got } = await gradientsOf(quantised, options, form, feeds, cotangent, { runtime });
  const { x: want } = await gradientsOf(plain, options, 'separate', feeds, cotangent);
  expect(got.shape).toEqual([...given.x]);
  const largest = toFloats(want).reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  expect(largest).toBeGreaterThan(0.1);
  expectClose(toFloats(got), toFloats(want), given.x, 1e-5 * largest);
}

test.each(['separate', 'merged'] as const)(
  'both factors computed (attention): within what rounding costs, %s',
  async (form) => {
    const inputs = { x: [2, 3, 6], v: [2, 6, 4] } as const;
    const quantised = model({
      inputs,
      nodes: [
        node('DynamicQuantizeLinear', ['x'], ['q', 's', 'z']),
        node('DynamicQuantizeLinear', ['v'], ['vq', 'vs', 'vz']),
        node('MatMulInteger', ['q', 'vq', 'z', 'vz'], ['i']),
        node('Cast', ['i'], ['f'], { to: 1 }),
        node('Mul', ['s', 'vs'], ['scale']),
        node('Mul', ['f', 'scale'], ['y']),
      ],
      outputs: { y: {} },
    });
    const plain = model({ inputs, nodes: [node('MatMul', ['x', 'v'], ['y'])], outputs: { y: {} } });
    const feeds = { x: floats([2, 3, 6], 1), v: floats([2, 6, 4], 2) };
    const cotangent = floats([2, 3, 4], 3);
    const options = { wrt: ['x', 'v'], score: { tensor: 'y' } };
    const got = await gradientsOf(parseModel(quantised), options, form, feeds, cotangent);
    const want = await gradientsOf(parseModel(plain), options, 'separate', feeds, cotangent);
    // Half a step of a factor in -1..1 is 1/255; each sum has at most 6 such terms.
    for (const name of ['x', 'v'])
      expectClose(toFloats(got[name]), toFloats(want[name]), want[name].shape, 6 / 255);
  },
);

test('one operator for all of it, as ONNX Runtime writes it', async () => {
  const w = integers([5, 4], 'uint8', 7);
  const real = Float32Array.from(w.values, (value) => SCALE * (value - 121));
  const constants = {
    w,
    ws: number(SCALE),
    wz: { dims: [], values: Uint8Array.of(121) },
    b: { dims: [4], values: new Float32Array(4) },
  };
  const domains = { 'com.microsoft': 1 };
  const microsoft = (opType: string, inputs: readonly string[]) => ({
    ...node(opType, inputs, ['y']),
    domain: 'com.microsoft',
  });
  const inputs = { x: [3, 5] } as const;
  const outputs = { y: {} };
  const feeds = { x: floats([3, 5], 1) };
  const cotangent = floats([3, 4], 2);
  const options = { wrt: ['x'], score: { tensor: 'y' } };
  const plain = parseModel(
    model({
      inputs,
      outputs,
      nodes: [node('MatMul', ['x', 'w'], ['y'])],
      initializers: { w: { dims: [5, 4], values: real } },
    }),
  );
  const { x: want } = await gradientsOf(plain, options, 'separate', feeds, cotangent);
  const variants = [
    [microsoft('DynamicQuantizeMatMul', ['x', 'w', 'ws', 'wz', 'b'])],
    [
      node('DynamicQuantizeLinear', ['x'], ['q', 's', 'z']),
      microsoft('MatMulIntegerToFloat', ['q', 'w', 's', 'ws', 'z', 'wz', 'b']),
    ],
  ];
  for (const nodes of variants) {
    const read = parseModel(model({ inputs, outputs, nodes, initializers: constants, domains }));
    const { x: got } = await gradientsOf(read, options, 'separate', feeds, cotangent);
    expectClose(toFloats(got), toFloats(want), [3, 5], 1e-5);
  }
});

test('a scale per channel and one computed at run time pass DequantizeLinear', async () => {
  const scale = constantTensor('s', [3], Float32Array.of(0.5, 0.25, 2));
  const read = parseModel(
    model({
      inputs: { x: [2, 3, 2] },
      nodes: [
        node('QuantizeLinear', ['x', 's', 'z'], ['q'], { axis: 1 }),
        node('DequantizeLinear', ['q', 's', 'z'], ['r'], { axis: 1 }),
        node('DynamicQuantizeLinear', ['r'], ['d', 'ds', 'dz']),
        node('Transpose', ['d'], ['t'], { perm: [0, 2, 1] }),
        node('DequantizeLinear', ['t', 'ds', 'dz'], ['y']),
      ],
      initializers: {
        s: { dims: [3], values: toFloat32(scale) },
        z: { dims: [3], values: Int8Array.of(0, 0, 0) },
      },
      outputs: { y: {} },
    }),
  );
  const feeds = { x: floats([2, 3, 2], 1) };
  const cotangent = floats([2, 2, 3], 2);
  const options = { wrt: ['x'], score: { tensor: 'y' } };
  for (const form of ['separate', 'merged'] as const) {
    const { x } = await gradientsOf(read, options, form, feeds, cotangent);
    const want = Float32Array.from(x.data as Float32Array, (_, i) => {
      const [n, k, p] = [Math.floor(i / 6), Math.floor(i / 2) % 3, i % 2];
      return cotangent.data[6 * n + 3 * p + k];
    });
    expectClose(toFloats(x), want, [2, 3, 2], 1e-6);
  }
});
