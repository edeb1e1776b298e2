/** Rules against central finite differences of what ONNX Runtime itself computes. */

import { expect } from 'vitest';
import { differentiate } from '../../../src/onnx/gradient.js';
import type {
  Attribute,
  ConstantTensor,
  DataType,
  Node,
  TensorValues,
  ValueInfo,
} from '../../../src/onnx/model.js';
import { parseModel } from '../../../src/onnx/read.js';
import { constantTensor, toFloat32 } from '../../../src/onnx/values.js';
import { makeGraph, writeModel } from '../../../src/onnx/write.js';
import { isDeviceTensor, openSession } from '../../../src/runtime/index.js';
import type { Feed } from '../../../src/runtime/types.js';
import { expectClose } from '../../close.js';
import { random } from '../../random.js';
import { gradientsOf, toFloats } from './run.js';

/** A tensor that is fed; indices are BigInt64Array, conditions Uint8Array with `dtype: 'bool'`. */
export interface Fed {
  readonly shape: readonly number[];
  readonly data: TensorValues;
  readonly dtype?: DataType;
}

export interface GradientCase {
  readonly nodes: readonly Node[];
  /** By name: a shape (seeded values in [-1, 1)), or shape and values. */
  readonly inputs: Readonly<Record<string, readonly number[] | Fed>>;
  readonly constants?: readonly ConstantTensor[];
  /**
   * The tensor whose product with a random cotangent is differentiated. @default the first output of the last
   * node
   */
  readonly output?: string;
  /** @default all inputs and constants of floating point */
  readonly wrt?: readonly string[];
  /** Of the forward model. @default 17 */
  readonly opset?: number;
  /**
   * What the finite differences run in; `float32` only where ONNX Runtime has no kernel in double. @default
   * 'float64'
   */
  readonly precision?: 'float64' | 'float32';
  /**
   * Largest error, relative to the largest value. @default 2e-5, or 2e-3 in float32, whose differences are no
   * better
   */
  readonly bound?: number;
  /** Of the finite differences. @default 1e-5, or 1e-2 in float32 */
  readonly step?: number;
  /** Whether lengths that are unknown before the run are tried too. @default true */
  readonly dynamic?: boolean;
}

/**
 * Gradients of the case, separate and merged, with known and with unknown lengths, against finite
 * differences.
 */
export async function expectGradients(given: GradientCase): Promise<void> {
  const { nodes, constants = [], precision = 'float64', dynamic = true } = given;
  const double = precision === 'float64';
  const { bound = double ? 2e-5 : 2e-3, step = double ? 1e-5 : 1e-2 } = given;
  const inputs = Object.entries(given.inputs).map(([name, value], i) => ({ name, ...fed(value, 100 + i) }));
  const output = given.output ?? nodes.at(-1)?.outputs[0] ?? '';
  const wrt =
    given.wrt ?? [...inputs, ...constants].filter(({ dtype }) => dtype === 'float32').map(({ name }) => name);
  const feeds = Object.fromEntries(inputs.map(({ name, shape, data }) => [name, { shape, data }]));
  const { cotangent, gradients } = await finiteDifferences(given, inputs, { output, wrt, step, double });

  for (const lengths of dynamic ? (['known', 'unknown'] as const) : (['known'] as const)) {
    const infos = inputs.map(({ name, dtype, shape }) => ({
      name,
      dtype,
      shape: lengths === 'known' ? shape : shape.map(() => undefined),
    }));
    const model = parseModel(modelBytes(given, nodes, constants, infos, output));
    const options = { wrt, score: { tensor: output } };
    for (const form of ['separate', 'merged'] as const) {
      const { target } = differentiate(model, { ...options, form: 'separate' });
      const given = { ...cotangent, shape: cotangent.shape.slice(0, target?.shape?.length) };
      const got = await gradientsOf(model, options, form, feeds, given);
      for (const tensor of wrt) {
        const { shape, values } = gradients.get(tensor)!;
        const what = `${form}, lengths ${lengths}: ${tensor}`;
        expect(got[tensor].shape, what).toEqual(shape);
        expectNear(what, toFloats(got[tensor]), values, shape, bound);
      }
    }
  }
}

/** `expectClose` that says which of the gradients failed. */
function expectNear(
  what: string,
  got: ArrayLike<number>,
  want: ArrayLike<number>,
  shape: readonly number[],
  bound: number,
) {
  try {
    expectClose(got, want, shape, bound);
  } catch (error) {
    throw new Error(`${what}: ${error instanceof Error ? error.message : error}`);
  }
}

/** `Σ cotangent · output`, differentiated by every element of every tensor, two runs each. */
async function finiteDifferences(
  given: GradientCase,
  inputs: readonly (Fed & { readonly name: string; readonly dtype: DataType })[],
  { output, wrt, step, double }: { output: string; wrt: readonly string[]; step: number; double: boolean },
) {
  const constants = given.constants ?? [];
  const wide = (dtype: DataType) => (double && dtype === 'float32' ? 'float64' : dtype);
  const varied = constants.filter(({ name }) => wrt.includes(name));
  const fixed = constants.filter((constant) => !varied.includes(constant));
  const infos = [...inputs, ...varied.map(({ name, dims, dtype }) => ({ name, shape: dims, dtype }))].map(
    ({ name, shape, dtype }) => ({ name, shape, dtype: wide(dtype) }),
  );
  const nodes = double ? given.nodes.map(widened) : given.nodes;
  const bytes = modelBytes(given, nodes, double ? fixed.map(widenedConstant) : fixed, infos, output);
  const feeds: Record<string, Feed> = {};
  for (const { name, shape, data, dtype } of inputs) feeds[name] = { shape, data: copied(data, wide(dtype)) };
  for (const tensor of varied)
    feeds[tensor.name] = { shape: tensor.dims, data: copied(toFloat32(tensor), wide(tensor.dtype)) };

  const session = await openSession({ bytes }, { runtime: 'node', threads: 1 });
  const evaluate = async (): Promise<Feed> => {
    const result = (await session.run(feeds, { outputs: [output] }))[output];
    if (isDeviceTensor(result)) throw new Error('expected the output on the host');
    return result;
  };
  try {
    const { shape, data } = await evaluate();
    const cotangent = random(data.length, 7);
    const score = async () => {
      const values = (await evaluate()).data;
      return cotangent.reduce((sum, weight, i) => sum + weight * Number(values[i]), 0);
    };
    const found = new Map<string, { shape: readonly number[]; values: number[] }>();
    for (const tensor of wrt) {
      const { shape: size, data: at } = feeds[tensor];
      const values: number[] = [];
      for (let i = 0; i < at.length; i++) {
        const centre = Number(at[i]);
        at[i] = centre + step;
        const above = [Number(at[i]), await score()];
        at[i] = centre - step;
        values.push((above[1] - (await score())) / (above[0] - Number(at[i])));
        at[i] = centre;
      }
      found.set(tensor, { shape: size, values });
    }
    return { cotangent: { shape, data: cotangent }, gradients: found };
  } finally {
    await session.dispose();
  }
}

function modelBytes(
  { opset = 17 }: GradientCase,
  nodes: readonly Node[],
  initializers: readonly ConstantTensor[],
  inputs: readonly ValueInfo[],
  output: string,
): Uint8Array {
  return writeModel({
    irVersion: opset > 20 ? 10 : 8,
    opsets: new Map([
      ['', opset],
      ...nodes.map(({ domain }) => [domain, domain === '' ? opset : 1] as const),
    ]),
    graph: makeGraph('case', { nodes, initializers, inputs, outputs: [{ name: output }] }),
  });
}

function fed(value: readonly number[] | Fed, seed: number): Fed & { readonly dtype: DataType } {
  if (!('shape' in value))
    return {
      shape: value,
      data: random(
        value.reduce((x, y) => x * y, 1),
        seed,
      ),
      dtype: 'float32',
    };
  return { ...value, dtype: value.dtype ?? constantTensor('', value.shape, value.data).dtype };
}

/** A fresh array, so that elements can be varied in place. */
function copied(data: TensorValues, dtype: DataType) {
  if (dtype === 'float64') return new Float64Array(Array.from<number | bigint, number>(data, Number));
  return data.slice();
}

function widenedConstant(tensor: ConstantTensor): ConstantTensor {
  if (tensor.dtype !== 'float32') return tensor;
  return constantTensor(tensor.name, tensor.dims, Float64Array.from(toFloat32(tensor)));
}

function widened(node: Node): Node {
  const attributes = Array.from(node.attributes, ([name, attribute]): [string, Attribute] => [
    name,
    attribute.type === 'tensor' ? { ...attribute, value: widenedConstant(attribute.value) } : attribute,
  ]);
  return { ...node, attributes: new Map(attributes) };
}
