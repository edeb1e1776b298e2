/** Operators that move elements without computing on them. */

import { MAX_RANK } from '../limits.js';
import type { Dim, Shape } from '../model.js';
import { broadcast, intsOf, normalAxis, numbers, product, type ShapeRule, sum } from './rule.js';

const transpose: ShapeRule = (op) => {
  const input = op.shape(0);
  const perm = op.ints('perm') ?? input?.map((_, i) => input.length - 1 - i);
  return [input && perm ? perm.map((axis) => input[axis]) : perm?.map(() => undefined)];
};

const flatten: ShapeRule = (op) => {
  const input = op.shape(0);
  if (!input) return [[undefined, undefined]];
  const axis = normalAxis(op.int('axis', 1), input.length);
  return [[joined(input.slice(0, axis)), joined(input.slice(axis))]];
};

/** Product of lengths; a named length is known only beside lengths of 1. */
function joined(dims: Shape): Dim {
  const others = dims.filter((dim) => dim !== 1);
  return others.length === 1 ? others[0] : product(others);
}

/** Lengths that are computed at run time, as many as there are. */
const ofRank = (rank: Dim): Shape | undefined =>
  typeof rank === 'number' && rank <= MAX_RANK ? Array.from({ length: rank }, () => undefined) : undefined;

const reshape: ShapeRule = (op) => {
  const target = op.value(1)?.data;
  if (!target) {
    return [ofRank(op.shape(1)?.[0])];
  }
  const input = op.shape(0);
  const keepZero = op.int('allowzero', 0) === 1;
  const out = target.map((dim, i) => (dim === 0 && !keepZero ? input?.[i] : dim));
  const open = out.indexOf(-1);
  if (open >= 0) out[open] = input && remaining(input, out.toSpliced(open, 1));
  return [out];
};

/** The one open length of a reshaped `input`; equal names cancel. */
function remaining(input: Shape, taken: Shape): Dim {
  const left = [...input];
  const unmatched: Dim[] = [];
  for (const dim of taken) {
    const at = typeof dim === 'string' ? left.indexOf(dim) : -1;
    if (at >= 0) left.splice(at, 1);
    else unmatched.push(dim);
  }
  const divisor = product(unmatched);
  const names = left.filter((dim) => typeof dim !== 'number');
  const factor = product(left.filter((dim) => typeof dim === 'number'));
  if (divisor === undefined || divisor === 0 || factor === undefined) return undefined;
  if (names.length === 0) return factor / divisor;
  return names.length === 1 && factor === divisor ? names[0] : undefined;
}

const squeeze: ShapeRule = (op) => {
  const input = op.shape(0);
  if (!input) return [undefined];
  const listed = op.ints('axes') !== undefined || (op.node.inputs[1] ?? '') !== '';
  if (!listed)
    return [input.every((dim) => typeof dim === 'number') ? input.filter((dim) => dim !== 1) : undefined];
  const axes = intsOf(op, 'axes', 1)?.map((axis) => normalAxis(axis, input.length));
  return [axes && input.filter((_, i) => !axes.includes(i))];
};

const unsqueeze: ShapeRule = (op) => {
  const input = op.shape(0);
  const axes = intsOf(op, 'axes', 1);
  if (!input || !axes) return [undefined];
  const rank = input.length + axes.length;
  const added = new Set(axes.map((axis) => normalAxis(axis, rank)));
  const rest = [...input];
  return [Array.from({ length: rank }, (_, i) => (added.has(i) ? 1 : rest.shift()))];
};

const concat: ShapeRule = (op) => {
  const inputs = op.node.inputs.map((_, i) => op.shape(i));
  const known = inputs.find((shape) => shape !== undefined);
  if (!known) return [undefined];
  const axis = normalAxis(op.int('axis', 1), known.length);
  return [
    known.map((dim, i) => {
      if (i === axis)
        return inputs.every((shape) => shape) ? sum(inputs.map((shape) => shape?.[i])) : undefined;
      return dim ?? inputs.map((shape) => shape?.[i]).find((other) => other !== undefined);
    }),
  ];
};

const split: ShapeRule = (op) => {
  const input = op.shape(0);
  const count = op.node.outputs.length;
  if (!input) return op.node.outputs.map(() => undefined);
  const axis = normalAxis(op.int('axis', 0), input.length);
  const sizes = intsOf(op, 'split', 1);
  const length = input[axis];
  // Equal parts; the last one is smaller where it does not divide (opset 18).
  const part = typeof length === 'number' ? Math.ceil(length / count) : undefined;
  return op.node.outputs.map((_, o) => {
    const even =
      typeof length === 'number' && part !== undefined ? Math.min(part, length - part * o) : undefined;
    return input.map((dim, i) => (i === axis ? (sizes ? sizes[o] : even) : dim));
  });
};

/** The positions that Slice takes along an axis of `length`: first, step, count. */
export function sliceRange(
  length: number,
  start: number,
  end: number,
  step: number,
): { first: number; step: number; count: number } {
  // Backwards there would be one: positions are counted from the last, and there is none.
  if (length === 0) return { first: 0, step, count: 0 };
  const clamp = (at: number) => {
    const positive = at < 0 ? at + length : at;
    return Math.min(Math.max(positive, step > 0 ? 0 : -1), step > 0 ? length : length - 1);
  };
  const first = step > 0 ? clamp(start) : Math.max(clamp(start), 0);
  return { first, step, count: Math.max(0, Math.ceil((clamp(end) - first) / step)) };
}

const slice: ShapeRule = (op) => {
  const input = op.shape(0);
  if (!input) return [undefined];
  const starts = intsOf(op, 'starts', 1);
  const ends = intsOf(op, 'ends', 2);
  const given =
    (op.node.inputs[3] ?? '') !== '' ? numbers(op.value(3)) : (op.ints('axes') ?? starts?.map((_, i) => i));
  const steps = (op.node.inputs[4] ?? '') !== '' ? numbers(op.value(4)) : starts?.map(() => 1);
  if (!given) return [input.map(() => undefined)];
  const out = [...input];
  given.forEach((axis, i) => {
    const at = normalAxis(axis, input.length);
    const length = input[at];
    const start = starts?.[i];
    const end = ends?.[i];
    const step = steps?.[i];
    const known = start !== undefined && end !== undefined && step !== undefined && step !== 0;
    if (start === 0 && step === 1 && end !== undefined && end >= 2 ** 31 - 1) out[at] = length;
    else
      out[at] = known && typeof length === 'number' ? sliceRange(length, start, end, step).count : undefined;
  });
  return [out];
};

const gather: ShapeRule = (op) => {
  const data = op.shape(0);
  const indices = op.shape(1);
  if (!data || !indices) return [undefined];
  const axis = normalAxis(op.int('axis', 0), data.length);
  return [[...data.slice(0, axis), ...indices, ...data.slice(axis + 1)]];
};

const expand: ShapeRule = (op) => {
  const input = op.shape(0);
  const target = op.value(1)?.data ?? ofRank(op.shape(1)?.[0]);
  return [input && target && broadcast(input, target)];
};

const tile: ShapeRule = (op) => {
  const input = op.shape(0);
  const repeats = numbers(op.value(1));
  return [
    input?.map((dim, i) => {
      const times = repeats?.[i];
      if (times === 1) return dim;
      return times !== undefined && typeof dim === 'number' ? dim * times : undefined;
    }),
  ];
};

/** The shape of the indices with an axis of classes, last or at `axis`. */
const oneHot: ShapeRule = (op) => {
  const indices = op.shape(0);
  if (!indices) return [undefined];
  const axis = normalAxis(op.int('axis', -1), indices.length + 1);
  return [indices.toSpliced(axis, 0, op.value(1)?.data[0])];
};

/** `start, start + step, …` up to `limit`. */
const series: ShapeRule = (op) => {
  const [start, limit, step] = [0, 1, 2].map((input) => op.value(input)?.data[0]);
  if (typeof start !== 'number' || typeof limit !== 'number' || typeof step !== 'number')
    return [[undefined]];
  return [[Math.max(Math.ceil((limit - start) / step), 0)]];
};

/** Values and their indices: `k` along the axis. */
const topK: ShapeRule = (op) => {
  const input = op.shape(0);
  if (!input) return [undefined];
  const given = op.node.inputs.length > 1 ? op.value(1)?.data[0] : op.int('k', -1);
  const axis = normalAxis(op.int('axis', -1), input.length);
  if (!(axis >= 0 && axis < input.length)) return [undefined];
  const shape = input.with(axis, typeof given === 'number' && given < 0 ? undefined : given);
  return [shape, shape];
};

/** One column of indices per element that is not 0: how many is not known before the run. */
const nonZero: ShapeRule = (op) => [[op.shape(0)?.length, undefined]];

/** The axes of the indices but the last, whose length is the number of indexed axes of the data. */
const gatherND: ShapeRule = (op) => {
  const [data, indices] = [op.shape(0), op.shape(1)];
  const depth = indices?.at(-1);
  if (!data || !indices || typeof depth !== 'number') return [undefined];
  return [[...indices.slice(0, -1), ...data.slice(op.int('batch_dims', 0) + depth)]];
};

export const layoutRules: Readonly<Record<string, ShapeRule>> = {
  Transpose: transpose,
  Flatten: flatten,
  Reshape: reshape,
  Squeeze: squeeze,
  Unsqueeze: unsqueeze,
  Concat: concat,
  Split: split,
  Slice: slice,
  Gather: gather,
  GatherElements: (op) => [op.shape(1)],
  GatherND: gatherND,
  NonZero: nonZero,
  TopK: topK,
  ScatterElements: (op) => [op.shape(0)],
  ScatterND: (op) => [op.shape(0)],
  Expand: expand,
  OneHot: oneHot,
  Range: series,
  Tile: tile,
  Shape: (op) => [[op.shape(0)?.slice(op.int('start', 0), op.int('end', 2 ** 31)).length]],
  Size: () => [[]],
  ConstantOfShape: (op) => [op.value(0)?.data ?? ofRank(op.shape(0)?.[0])],
};
