/**
 * What normalisations over a set of axes share: x̂ = (x - mean x) / √(var x + ε), and its vector-Jacobian
 * product.
 */

import { product } from '../shapes/rule.js';
import { float } from '../write.js';
import type { Builder, Value } from './builder.js';

/** Most elements of a constant scale of ones for LayerNormalization. */
const MAX_ONES = 2 ** 14;

export interface Standardized {
  /** x̂ */
  readonly value: Value;
  /** 1 / √(var x + ε), with length 1 along the axes. */
  readonly inverse: Value;
}

/** A mean over `axes`, of `count` elements (a scalar); the axes stay, with length 1. */
function meanOf(x: Value, axes: readonly number[], count: Value, b: Builder): Value {
  return b.div(b.reduceSum(x, axes), count);
}

/** Centred first: LayerNormalization takes differences of large squares on some runtimes. */
export function standardize(
  x: Value,
  axes: readonly number[],
  count: Value,
  epsilon: number,
  b: Builder,
): Standardized {
  const centred = b.sub(x, meanOf(x, axes, count, b));
  const variance = meanOf(b.square(centred), axes, count, b);
  const inverse = b.op('Reciprocal', [b.op('Sqrt', [b.add(variance, b.scalar(epsilon))])]);
  return { value: b.mul(centred, inverse), inverse };
}

/**
 * The same over all axes from `axis` on as the forward pass's own LayerNormalization has it, in one node;
 * `undefined` where their lengths are not known.
 */
export function standardizeLast(
  x: Value,
  axis: number,
  epsilon: number,
  b: Builder,
): Standardized | undefined {
  const lengths = x.shape?.slice(axis) ?? [];
  const elements = product(lengths);
  const dims = lengths.filter((length) => typeof length === 'number');
  if (elements === undefined || elements > MAX_ONES) return undefined;
  const ones = b.floats(new Float32Array(elements).fill(1), dims);
  const [value, , inverse] = b.ops('LayerNormalization', [x, ones], 3, { axis, epsilon: float(epsilon) });
  return { value, inverse };
}

/** The cotangent of x from that of x̂: (ĝ - mean ĝ - x̂·mean(ĝ·x̂)) / deviation. */
export function unstandardize(
  g: Value,
  { value, inverse }: Standardized,
  axes: readonly number[],
  count: Value,
  b: Builder,
): Value {
  const slope = meanOf(b.mul(g, value), axes, count, b);
  return b.mul(b.sub(b.sub(g, meanOf(g, axes, count, b)), b.mul(value, slope)), inverse);
}
