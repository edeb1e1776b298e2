/** Slice: what was cut away has a cotangent of zeros. */

import { intsAttribute } from '../attributes.js';
import { MAX_LISTED } from '../limits.js';
import type { Node } from '../model.js';
import { sliceRange } from '../shapes/layout.js';
import { axisIn, type Length, lengthOf, listOf, range, rankOf } from './axes.js';
import type { Builder, Value } from './builder.js';
import { padded, placed, takers } from './place.js';
import { notCovered, ofOutput } from './rule.js';

/** Ends from this value on mean "to the end", whatever the length. */
const TO_THE_END = 2 ** 31 - 1;

/** The elements taken along one axis. */
interface Cut {
  readonly axis: number;
  readonly start: Length;
  readonly end: Length;
  readonly step: number;
}

/**
 * Axes that are cut without a step are padded together; along each of the others elements go back one by one.
 */
export const slice = ofOutput((node, g, b) => {
  const [input] = node.inputs;
  const rank = rankOf(node, input, b);
  const cuts = cutsOf(node, rank, b);
  const whole = cuts.filter(({ step }) => step === 1);
  const stepped = cuts.filter(({ step }) => step !== 1);
  const spread = stepped.reduce((value, cut) => scattered(value, input, cut, rank, b), g);
  return [embedded(spread, input, whole, rank, b)];
});

/** Attributes up to opset 9, inputs from 10 on. Starts and ends may be computed at run time. */
function cutsOf(node: Node, rank: number, b: Builder): readonly Cut[] {
  const starts = bounds(node, 'starts', 1, b);
  const ends = bounds(node, 'ends', 2, b);
  const axes = listOf(node, 'axes', 3, b);
  const steps = listOf(node, 'steps', 4, b);
  const count = axes?.length ?? starts.count;
  if (count === undefined) throw notCovered(node, 'a known number of starts', 'one computed at run time');
  return range(0, count).map((i) => ({
    axis: axisIn(node, axes?.[i] ?? i, rank),
    start: starts.at(i),
    end: ends.at(i),
    step: steps?.[i] ?? 1,
  }));
}

function bounds(node: Node, name: string, input: number, b: Builder) {
  const tensor = node.inputs[input];
  const known = intsAttribute(node, name) ?? b.numbers(tensor);
  const count = known?.length ?? b.staticShape(tensor)?.[0];
  return {
    count: typeof count === 'number' ? count : undefined,
    at: (i: number): Length => known?.[i] ?? element(b.forward(tensor, 'int64'), i, b),
  };
}

function element(vector: Value, i: number, b: Builder): Value {
  return b.op('Gather', [vector, b.ints([i])], { axis: 0 });
}

/**
 * Zeros around what is left, on all axes in one node; how many is computed at run time where lengths are not
 * known.
 */
function embedded(g: Value, input: string, cuts: readonly Cut[], rank: number, b: Builder): Value {
  const zero = b.ints([0]);
  const before = new Array<Value>(rank).fill(zero);
  const behind = new Array<Value>(rank).fill(zero);
  for (const { axis, start, end } of cuts) {
    const length = asVector(lengthOf(input, axis, b), b);
    const known = g.shape?.[axis];
    const left = typeof known === 'number' ? b.ints([known]) : element(b.op('Shape', [g]), axis, b);
    before[axis] = firstOf(start, length, b);
    if (typeof end !== 'number' || end < TO_THE_END) behind[axis] = b.sub(b.sub(length, left), before[axis]);
  }
  const pads = [...before, ...behind];
  return pads.every(({ elements }) => elements?.[0] === 0) ? g : b.op('Pad', [g, b.vector(pads)]);
}

function asVector(length: Length, b: Builder): Value {
  return typeof length === 'number' ? b.ints([length]) : length;
}

/** The first position: counted from the end if negative, and inside. */
function firstOf(start: Length, length: Value, b: Builder): Value {
  const zero = b.ints([0]);
  const at = asVector(start, b);
  const fromFront = () => b.op('Min', [at, length]);
  const fromEnd = () => b.op('Max', [b.add(at, length), zero]);
  if (start === 0) return zero;
  if (typeof start === 'number') return start < 0 ? fromEnd() : fromFront();
  return b.op('Where', [b.op('Less', [at, zero]), fromEnd(), fromFront()]);
}

/** The adjoint of taking every step-th element, forwards or backwards. */
function scattered(g: Value, input: string, cut: Cut, rank: number, b: Builder): Value {
  const { axis, start, end, step } = cut;
  const length = lengthOf(input, axis, b);
  const isListed = typeof length === 'number' && length <= MAX_LISTED;
  if (isListed && typeof start === 'number' && typeof end === 'number') {
    const { first, count } = sliceRange(length, start, end, step);
    const positions = range(0, count).map((i) => first + i * step);
    return placed(g, takers(positions, length), { axis, rank }, b);
  }
  // What the same Slice takes of 0, 1, 2, … are the positions; their inverse is made at run time.
  const [size, from, to, by] = [length, start, end, step].map((value) => asVector(value, b));
  const positions = b.op('Slice', [indices(size, b), from, to, b.ints([0]), by]);
  const taken = b.op('Shape', [positions]);
  const inverse = b.op('ScatterElements', [b.op('Expand', [taken, size]), positions, indices(taken, b)]);
  return b.op('Gather', [padded(g, [0, 1], { axis, rank }, b), inverse], { axis });
}

/** 0, 1, 2, … `count` of them. */
function indices(count: Value, b: Builder): Value {
  return b.op('Range', [b.ints([0], []), b.op('Squeeze', [count, b.ints([0])]), b.ints([1], [])]);
}
