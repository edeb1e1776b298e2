/** Pad: padding with a constant passes nothing of what it adds; other modes repeat elements, which add up. */

import { stringAttribute } from '../attributes.js';
import { MAX_CONSTANTS } from '../limits.js';
import type { Node } from '../model.js';
import { axisIn, lengthOf, listOf, range, rankOf } from './axes.js';
import type { Builder, Value } from './builder.js';
import { notCovered, ofOutput } from './rule.js';
import { Unbuildable } from './unbuildable.js';

/** Amounts per axis; negative ones cut off. */
interface Padding {
  readonly before: readonly number[];
  readonly behind: readonly number[];
}

export const pad = ofOutput((node, g, b) => {
  const padding = paddingOf(node, b);
  const mode = stringAttribute(node, 'mode', 'constant');
  if (mode === 'constant') return constant(node, g, padding, b);
  if (mode !== 'reflect' && mode !== 'edge' && mode !== 'wrap')
    throw notCovered(node, 'mode constant, reflect, edge or wrap', mode);
  if (mode === 'wrap' && [...padding.before, ...padding.behind].some((amount) => amount < 0))
    throw notCovered(node, 'amounts that are not negative (mode wrap)', 'a negative one');
  const axes = range(0, padding.before.length).filter((axis) => padding.before[axis] || padding.behind[axis]);
  return [
    axes.reduce((value, axis) => {
      const fold: RepeatedEdge = { axis, mode, before: padding.before[axis], behind: padding.behind[axis] };
      return folded(node, value, fold, b);
    }, g),
  ];
});

/** Amounts are an attribute up to opset 10, then an input, from opset 18 on of chosen axes. */
function paddingOf(node: Node, b: Builder): Padding {
  const rank = rankOf(node, node.inputs[0], b);
  const amounts = listOf(node, 'pads', 1, b) ?? [];
  const axes = listOf(node, 'axes', 3, b) ?? range(0, rank);
  const placed = (first: number) => {
    const list: number[] = new Array(rank).fill(0);
    for (const [i, axis] of axes.entries()) list[axisIn(node, axis, rank)] = amounts[first + i] ?? 0;
    return list;
  };
  return { before: placed(0), behind: placed(axes.length) };
}

/**
 * What was added is cut off, what was cut off is zeros. The constant's cotangent is what the padding
 * received.
 */
function constant(
  node: Node,
  g: Value,
  { before, behind }: Padding,
  b: Builder,
): readonly (Value | undefined)[] {
  const axes = range(0, before.length).filter((axis) => before[axis] > 0 || behind[axis] > 0);
  const starts = axes.map((axis) => Math.max(0, before[axis]));
  const ends = axes.map((axis) => (behind[axis] > 0 ? -behind[axis] : END));
  const inner = axes.length > 0 ? b.op('Slice', [g, ...[starts, ends, axes].map((list) => b.ints(list))]) : g;
  const cut = [...before, ...behind].map((amount) => Math.max(0, -amount));
  const cotangent = cut.some((amount) => amount > 0) ? b.op('Pad', [inner, b.ints(cut)]) : inner;
  const fill = node.inputs[2];
  if (!fill || !b.wants(fill)) return [cotangent];
  const all = range(0, before.length);
  return [cotangent, undefined, b.reshapeLike(b.sub(b.reduceSum(g, all), b.reduceSum(inner, all)), fill)];
}

/** Slice's "to the end". */
const END = 2 ** 31 - 1;

interface RepeatedEdge {
  readonly axis: number;
  readonly mode: 'reflect' | 'edge' | 'wrap';
  readonly before: number;
  readonly behind: number;
}

/** Along an axis, padding is a product with a matrix of zeros and ones; the transpose of that adds up. */
function folded(node: Node, g: Value, fold: RepeatedEdge, b: Builder): Value {
  const [input] = node.inputs;
  const rank = rankOf(node, input, b);
  const length = lengthOf(input, fold.axis, b);
  const matrix = (sourceAxis: 0 | 1) =>
    typeof length === 'number'
      ? knownMatrix(fold, length, sourceAxis, b)
      : madeMatrix(node, fold, length, sourceAxis, b);
  if (fold.axis === rank - 1) return b.op('MatMul', [g, matrix(1)]);
  if (fold.axis === rank - 2) return b.op('MatMul', [matrix(0), g]);
  const perm = range(0, rank)
    .with(fold.axis, rank - 1)
    .with(rank - 1, fold.axis);
  return b.transpose(b.op('MatMul', [b.transpose(g, perm), matrix(1)]), perm);
}

/**
 * 1 where an element of the padded axis is a copy of a source element, whose index runs along `sourceAxis`.
 */
function knownMatrix(
  { mode, before, behind }: RepeatedEdge,
  length: number,
  sourceAxis: 0 | 1,
  b: Builder,
): Value {
  const sources = range(-before, length + behind).map((at) => sourceOf(at, length, mode));
  const size = sources.length;
  if (size * length > MAX_CONSTANTS)
    throw new Unbuildable(`a matrix of at most ${MAX_CONSTANTS} elements`, `[${size}, ${length}]`);
  const elements = new Float32Array(size * length);
  for (const [i, source] of sources.entries())
    elements[sourceAxis === 1 ? i * length + source : source * size + i] = 1;
  return b.floats(elements, sourceAxis === 1 ? [size, length] : [length, size]);
}

/** The element of 0 … length - 1 that is copied to position `at`, which may lie outside. */
function sourceOf(at: number, length: number, mode: RepeatedEdge['mode']): number {
  if (mode === 'edge') return Math.min(Math.max(at, 0), length - 1);
  if (mode === 'wrap') return (at + length) % length;
  return length - 1 - Math.abs(length - 1 - Math.abs(at));
}

/** The same for a length that is known only at run time: the unit matrix, padded. */
function madeMatrix(
  node: Node,
  { mode, before, behind }: RepeatedEdge,
  length: Value,
  sourceAxis: 0 | 1,
  b: Builder,
): Value {
  if (mode === 'wrap') throw notCovered(node, 'known lengths (mode wrap)', 'lengths computed at run time');
  const end = b.op('Squeeze', [length, b.ints([0])]);
  const indices = b.op('Range', [b.ints([0], []), end, b.ints([1], [])]);
  const unit = b.cast(b.op('Equal', [b.op('Unsqueeze', [indices, b.ints([1])]), indices]), 'float32');
  const pads = sourceAxis === 1 ? [before, 0, behind, 0] : [0, before, 0, behind];
  return b.op('Pad', [unit, b.ints(pads)], { mode });
}
