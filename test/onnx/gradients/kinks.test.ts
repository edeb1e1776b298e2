import { describe, expect, test } from 'vitest';
import type { Node } from '../../../src/onnx/model.js';
import { parseModel } from '../../../src/onnx/read.js';
import { model, node } from '../build.js';
import { gradientsOf, toFloats } from './run.js';

/** dS/dx of `S = Σ z` where finite differences say nothing: at a kink. `z` is the last node's output. */
async function at(x: readonly number[], ...nodes: readonly Node[]): Promise<number[]> {
  const spec = {
    opset: 20,
    irVersion: 9,
    inputs: { x: [x.length] },
    nodes,
    initializers: {
      zero: { dims: [], values: Float32Array.of(0) },
      one: { dims: [], values: Float32Array.of(1) },
    },
    outputs: { z: [x.length] },
  };
  const feeds = { x: { shape: [x.length], data: Float32Array.from(x) } };
  const ones = { shape: [x.length], data: new Float32Array(x.length).fill(1) };
  const options = { wrt: ['x'], score: { tensor: 'z' } };
  const found = await gradientsOf(parseModel(model(spec)), options, 'separate', feeds, ones);
  const merged = await gradientsOf(parseModel(model(spec)), options, 'merged', feeds, ones);
  expect(toFloats(merged.x)).toEqual(toFloats(found.x));
  // 0 and -0 are the same derivative.
  return Array.from(toFloats(found.x), (value) => value + 0);
}

describe('subgradients, as torch.autograd has them', () => {
  test('Relu: 0 at 0', async () =>
    expect(await at([-1, 0, 1], node('Relu', ['x'], ['z']))).toEqual([0, 0, 1]));

  test('Abs: 0 at 0', async () =>
    expect(await at([-1, 0, 1], node('Abs', ['x'], ['z']))).toEqual([-1, 0, 1]));

  test('Clip: passes at both bounds', async () =>
    expect(await at([-0.5, 0, 0.5, 1, 1.5], node('Clip', ['x', 'zero', 'one'], ['z']))).toEqual([
      0, 1, 1, 1, 0,
    ]));

  test('Clip without bounds: passes everything', async () =>
    expect(await at([-1e30, 0, 1e30], node('Clip', ['x'], ['z']))).toEqual([1, 1, 1]));

  test('Max with a constant: half at the tie', async () =>
    expect(await at([-1, 0, 1], node('Max', ['x', 'zero'], ['z']))).toEqual([0, 0.5, 1]));

  test('Min of three that are equal, two of them x: two thirds', async () =>
    expect(await at([-1, 0, 1], node('Min', ['x', 'zero', 'x'], ['z']))).toEqual([
      1,
      Math.fround(1 / 3) * 2,
      0,
    ]));

  test('LeakyRelu: the lower slope at 0', async () => {
    const [below, kink, above] = await at([-1, 0, 1], node('LeakyRelu', ['x'], ['z']));
    expect([below, kink, above]).toEqual([Math.fround(0.01), Math.fround(0.01), 1]);
  });

  test('HardSigmoid: 0 at both ends', async () =>
    expect(await at([-2.5, 2.5], node('HardSigmoid', ['x'], ['z']))).toEqual([0, 0]));

  test('ThresholdedRelu: 0 at the threshold', async () =>
    expect(await at([0.5, 1, 1.5], node('ThresholdedRelu', ['x'], ['z']))).toEqual([0, 0, 1]));

  // Values at which a careless formula overflows: the derivative is what it tends to.
  test.each(['Sigmoid', 'Tanh', 'Softplus', 'Mish', 'HardSwish', 'Elu', 'Selu', 'Celu', 'Gelu', 'Softsign'])(
    '%s: finite at ±100',
    async (name) => {
      const [low, high] = await at([-100, 100], node(name, ['x'], ['z']));
      expect([Number.isFinite(low), Number.isFinite(high)]).toEqual([true, true]);
    },
  );
});
