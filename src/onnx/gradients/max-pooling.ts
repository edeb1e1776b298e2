/**
 * MaxPool and GlobalMaxPool: the first maximum of each window, in scan order, takes the whole cotangent, as
 * in torch.autograd. Built of comparisons alone: MaxPool's own output of indices fails on WebGPU.
 */

import { MAX_WINDOW_SIDE } from '../limits.js';
import { range } from './axes.js';
import type { Builder, Value } from './builder.js';
import { type GradientRules, notCovered, ofOutput } from './rule.js';
import { known, poolKernel, slidingWindow, spatialAxes, type Window } from './window.js';

/**
 * Windows of more elements are pooled one axis at a time: the number of nodes grows with their sides, not
 * their area.
 */
const MAX_WINDOW = 9;

/** Flat indices are compared and added as float32, which is exact up to this integer. */
const MAX_IMAGE = 2 ** 24;

/** No element of a window is lower; the padding never wins before one of them. */
const LOWEST = Number.NEGATIVE_INFINITY;

interface Stage {
  readonly image: Value;
  readonly maxima: Value;
  readonly window: Window;
}

const maxPool = ofOutput((node, g, b) => {
  const [x] = node.inputs;
  const window = slidingWindow(node, poolKernel(node), x, g, b);
  const longest = window.kernel.reduce((a, c) => Math.max(a, c), 0);
  if (longest > MAX_WINDOW_SIDE)
    throw notCovered(node, `windows of up to ${MAX_WINDOW_SIDE} along an axis`, `${longest}`);
  const size = known(paddedLengths(window, b))?.reduce((a, c) => a * c, 1) ?? 0;
  if (size > MAX_IMAGE)
    throw notCovered(node, `images of up to ${MAX_IMAGE} positions, padding included`, `${size}`);
  const whole = { image: b.forward(x), maxima: b.forward(node.outputs[0]), window };
  const isSmall = window.kernel.reduce((a, c) => a * c, 1) <= MAX_WINDOW;
  const stages = isSmall ? [whole] : axisByAxis(whole, b);
  return [stages.reduce((cotangent, stage) => routed(cotangent, stage, b), g)];
});

/**
 * The maximum over the last axis, then over the one before it, and so on; stages in backward order. The first
 * row that holds the maximum, and the first column in it, are the first maximum in scan order.
 */
function axisByAxis({ image, maxima, window }: Stage, b: Builder): readonly Stage[] {
  const stages: Stage[] = [];
  let rest = image;
  for (const axis of range(0, window.kernel.length).toReversed()) {
    const along = onlyAlong(window, axis, b);
    const isLast = axis === 0;
    const pooled = isLast
      ? maxima
      : b.op('MaxPool', [padded(rest, along, b)], {
          kernel_shape: along.kernel,
          strides: along.strides,
          dilations: along.dilations,
        });
    stages.unshift({ image: rest, maxima: pooled, window: along });
    rest = pooled;
  }
  return stages;
}

/** The window along one axis: those behind it are pooled already, those before it not yet. */
function onlyAlong(w: Window, axis: number, b: Builder): Window {
  const only = (list: readonly number[], otherwise: number) =>
    list.map((value, i) => (i === axis ? value : otherwise));
  const mixed = (before: Value | 0, at: Value, behind: Value | 0) =>
    b.vector(
      w.kernel.map((_, i) => {
        const source = i < axis ? before : i === axis ? at : behind;
        return source === 0 ? 0 : b.op('Gather', [source, b.ints([i])], { axis: 0 });
      }),
    );
  return {
    kernel: only(w.kernel, 1),
    strides: only(w.strides, 1),
    dilations: only(w.dilations, 1),
    extents: only(w.extents, 1),
    image: mixed(w.image, w.image, w.positions),
    positions: mixed(w.image, w.positions, w.positions),
    begin: mixed(0, w.begin, 0),
    end: mixed(0, w.end, 0),
  };
}

/** Adds the value at each position to the first maximum of its window. */
function routed(g: Value, { image, maxima, window }: Stage, b: Builder): Value {
  const { kernel, strides, extents, dilations } = window;
  const axes = b.ints(spatialAxes(window));
  const input = padded(image, window, b);
  const pitches = pitchesOf(window, b);
  const flat = (x: Value) => b.reshape(x, [0, 0, -1]);

  const places = placesInWindow(window, pitches, b);
  let place = places.last;
  for (const [i, offset] of places.before.toReversed()) {
    const starts = offset.map((at, axis) => at * dilations[axis]);
    const left = starts.map((start, axis) => extents[axis] - 1 - start);
    const ends = left.map((rest) => (rest === 0 ? 2 ** 31 : -rest));
    const elements = b.op('Slice', [input, b.ints(starts), b.ints(ends), axes, b.ints(strides)]);
    place = b.op('Where', [b.op('Equal', [elements, maxima]), i, place]);
  }
  if (kernel.every((size) => size === 1)) place = b.op('Expand', [place, b.op('Shape', [g])]);
  const index = b.cast(b.add(place, corners(window, pitches, b)), 'int64');

  const shape = b.op('Shape', [input]);
  const zeros = flat(b.op('ConstantOfShape', [shape]));
  const mayMeet = strides.some((stride, axis) => stride < extents[axis]);
  const scattered = b.op('ScatterElements', [zeros, flat(index), flat(g)], {
    axis: 2,
    ...(mayMeet && { reduction: 'add' }),
  });
  const onInput = b.reshape(scattered, shape);
  if (input === image) return onInput;
  return b.op('Slice', [onInput, window.begin, b.add(window.begin, window.image), axes]);
}

/** The image with as much padding as windows reach into. */
function padded(image: Value, w: Window, b: Builder): Value {
  const reach = b.op('Max', [w.end, b.ints([0])]);
  const isInside = [known(w.begin), known(reach)].every((list) => list?.every((pad) => pad === 0));
  if (isInside) return image;
  return b.op('Pad', [image, b.vector([0, 0, w.begin, 0, 0, reach]), b.scalar(LOWEST)]);
}

function paddedLengths(w: Window, b: Builder): Value {
  return b.add(b.add(w.image, w.begin), b.op('Max', [w.end, b.ints([0])]));
}

/** What a step along each axis of the padded image is in flat indices: int64 scalars. */
function pitchesOf(w: Window, b: Builder): readonly Value[] {
  const lengths = paddedLengths(w, b);
  let pitch = b.ints([1]);
  const pitches = w.kernel.map((_, i) => {
    const axis = w.kernel.length - 1 - i;
    const current = pitch;
    pitch = b.op('Mul', [pitch, b.op('Gather', [lengths, b.ints([axis])], { axis: 0 })]);
    return current;
  });
  return pitches.toReversed();
}

/** The flat index of each element of a window within it, in scan order: float32 scalars. */
function placesInWindow(w: Window, pitches: readonly Value[], b: Builder) {
  const offsets = scanOrder(w.kernel);
  const steps = pitches.map((pitch, axis) =>
    b.op('Mul', [b.ints(offsets.map((offset) => offset[axis] * w.dilations[axis])), pitch]),
  );
  const flat = steps.reduce((x, y) => b.add(x, y));
  const numbers = known(flat);
  const place = (i: number): Value =>
    numbers ? b.scalar(numbers[i]) : b.op('Gather', [b.cast(flat, 'float32'), b.ints([i], [])], { axis: 0 });
  const before = offsets.slice(0, -1).map((offset, i) => [place(i), offset] as const);
  return { before, last: place(offsets.length - 1) };
}

/** The flat index of each window's first element: float32, of the positions' shape. */
function corners(w: Window, pitches: readonly Value[], b: Builder): Value {
  const along = pitches.map((pitch, axis) => {
    const steps = b.op('Mul', [
      countTo(w.positions, axis, b),
      b.op('Mul', [pitch, b.ints([w.strides[axis]])]),
    ]);
    return b.reshape(steps, [-1, ...w.kernel.slice(axis + 1).map(() => 1)]);
  });
  return b.cast(
    along.reduce((x, y) => b.add(x, y)),
    'float32',
  );
}

/** `0, 1, … lengths[axis] - 1` */
function countTo(lengths: Value, axis: number, b: Builder): Value {
  const length = known(lengths)?.[axis];
  if (length !== undefined) return b.ints(range(0, length));
  const end = b.op('Gather', [lengths, b.ints([axis], [])], { axis: 0 });
  return b.op('Range', [b.ints([0], []), end, b.ints([1], [])]);
}

/** All offsets into a window, the last axis running fastest. */
function scanOrder(kernel: readonly number[]): readonly (readonly number[])[] {
  return kernel.reduce<readonly (readonly number[])[]>(
    (offsets, size) => offsets.flatMap((offset) => range(0, size).map((at) => [...offset, at])),
    [[]],
  );
}

const globalMaxPool = ofOutput((node, g, b) => {
  const [x] = node.inputs;
  const flat = b.reshape(b.forward(x), [0, 0, -1]);
  const first = b.op('ArgMax', [flat], { axis: 2, keepdims: 1 });
  const zeros = b.op('ConstantOfShape', [b.op('Shape', [flat])]);
  const scattered = b.op('ScatterElements', [zeros, first, b.reshape(g, [0, 0, -1])], { axis: 2 });
  return [b.reshapeLike(scattered, x)];
});

export const rules: GradientRules = { MaxPool: maxPool, GlobalMaxPool: globalMaxPool };
