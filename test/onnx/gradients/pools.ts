/** What the tests of pools share. */

import { differentiate } from '../../../src/onnx/gradient.js';
import { parseModel } from '../../../src/onnx/read.js';
import { type AttributeValue, makeGraph, makeNode, writeModel } from '../../../src/onnx/write.js';
import { type Feed, openSession } from '../../../src/runtime/index.js';
import { random } from '../../random.js';
import { expectGradients, type GradientCase } from './check.js';

export type Attributes = Record<string, AttributeValue>;
export type Cases = readonly (readonly [string, readonly number[], Attributes, number?])[];

/**
 * Distinct values 0.05 apart in seeded order, so that no step of the finite differences changes the maximum.
 */
function distinct(shape: readonly number[]): Float32Array {
  const size = shape.reduce((a, c) => a * c, 1);
  const ranks = Array.from(random(size, 5).entries()).sort(([, x], [, y]) => x - y);
  const data = new Float32Array(size);
  for (const [rank, [at]] of ranks.entries()) data[at] = (rank - size / 2) * 0.05;
  return data;
}

export const check = (
  operator: string,
  shape: readonly number[],
  attributes: Attributes,
  rest: Partial<GradientCase>,
) =>
  expectGradients({
    nodes: [makeNode(operator, ['x'], ['y'], attributes)],
    inputs: { x: { shape, data: distinct(shape) } },
    ...rest,
  });

/** ONNX Runtime has these in single precision only; linear, so that a large step costs nothing. */
export const linear = { precision: 'float32', step: 0.5, bound: 2e-5 } as const;

/** The gradient of Σ y, of a model of one node. */
export async function gradientOfSum(
  operator: string,
  attributes: Attributes,
  shape: readonly number[],
  data: readonly number[],
) {
  const x: Feed = { shape, data: Float32Array.from(data) };
  const bytes = writeModel({
    irVersion: 8,
    opsets: new Map([['', 17]]),
    graph: makeGraph('ties', {
      nodes: [makeNode(operator, ['x'], ['y'], attributes)],
      inputs: [{ name: 'x', dtype: 'float32', shape }],
      outputs: [{ name: 'y' }],
    }),
  });
  const gradient = differentiate(parseModel(bytes), { wrt: ['x'], score: { tensor: 'y' }, form: 'merged' });
  const session = await openSession(gradient, { runtime: 'node', threads: 1 });
  try {
    const { name, shape: wanted = [] } = gradient.target!;
    const lengths = wanted.map(Number);
    const ones = new Float32Array(lengths.reduce((a, c) => a * c, 1)).fill(1);
    const output = gradient.gradients.get('x')!;
    const results = await session.run({ x, [name]: { shape: lengths, data: ones } }, { outputs: [output] });
    const result = results[output];
    if ('buffer' in result) throw new Error('expected the gradient on the host');
    return Array.from(result.data, Number);
  } finally {
    await session.dispose();
  }
}
