/** Products with sliding windows: the three linear maps that a convolution and its gradients are. */

import type { Builder, Value } from './builder.js';
import type { Attributes } from './graph-builder.js';
import { known, spatialAxes, type Window } from './window.js';

/**
 * Σ of each window's elements times the weights: image `[n, C, …]` → `[n, O, …]`, one per position.
 * @param weights `[O, C/groups, …kernel]`
 */
export function correlate(image: Value, weights: Value, w: Window, group: number, b: Builder): Value {
  const { strides, dilations } = w;
  const { input, padding } = padded(image, w, b);
  return b.op('Conv', [input, weights], { strides, dilations, group, ...padding });
}

/**
 * The adjoint of `correlate`: each window receives the weights times what is at its position, `[n, O, …]` →
 * `[n, C, …]`.
 *
 * Where windows are one apart this is a convolution with the kernel turned round, for which runtimes have
 * their fastest code; turning a constant kernel is done when the session is created.
 */
export function spread(g: Value, weights: Value, w: Window, group: number, b: Builder): Value {
  const { strides, dilations, extents } = w;
  const [begin, end] = [known(w.begin), known(w.end)];
  if (begin && end) {
    const turned = strides.every((stride) => stride === 1) ? turnedRound(weights, group, b) : undefined;
    const pads = [...begin, ...end].map((pad, i) => extents[i % extents.length] - 1 - pad);
    if (turned && pads.every((pad) => pad >= 0)) return b.op('Conv', [g, turned], { dilations, group, pads });
    return b.op('ConvTranspose', [g, weights], {
      strides,
      dilations,
      group,
      pads: [...begin, ...end.map((reach) => Math.max(reach, 0))],
      output_padding: end.map((reach) => Math.max(-reach, 0)),
    });
  }
  // Unknown remainder of the strides: everything that could be there, and the image cut out of it.
  const all = b.op('ConvTranspose', [g, weights], {
    strides,
    dilations,
    group,
    output_padding: strides.map((stride) => stride - 1),
  });
  return b.op('Slice', [all, w.begin, b.add(w.begin, w.image), b.ints(spatialAxes(w))]);
}

/**
 * The gradient of `correlate` with respect to its weights: a correlation of the image with the cotangent,
 * channels taking the place of the batch and strides that of dilations.
 *
 * @param perGroup Channels per group; of no account where there is one group.
 * @returns `[O, C/groups, …kernel]`
 */
export function weightCotangent(
  image: Value,
  g: Value,
  w: Window,
  { group, perGroup }: { readonly group: number; readonly perGroup: number },
  b: Builder,
): Value {
  const axes = spatialAxes(w);
  const swapped = [1, 0, ...axes];
  const { input, padding } = padded(channelsFirst(), w, b);
  const sums = b.op('Conv', [input, b.transpose(g, swapped)], {
    strides: w.dilations,
    dilations: w.strides,
    group,
    ...padding,
  });
  const weights = b.transpose(sums, swapped);
  // Elements behind the last window look like those of a larger kernel.
  const end = known(w.end);
  const hasMore = !end || end.some((reach, axis) => -reach >= w.dilations[axis]);
  return hasMore
    ? b.op('Slice', [weights, b.ints(axes.map(() => 0)), b.ints(w.kernel), b.ints(axes)])
    : weights;

  /** `[n, C, …]` → `[C/groups, groups·n, …]` */
  function channelsFirst(): Value {
    if (group === 1) return b.transpose(image, swapped);
    const grouped = b.reshape(image, b.vector([-1, group, perGroup, w.image]));
    const turned = b.transpose(grouped, [2, 1, 0, ...axes.map((axis) => axis + 1)]);
    return b.reshape(turned, b.vector([perGroup, -1, w.image]));
  }
}

/** Padding as an attribute where it is known before the run, else carried out. */
function padded(image: Value, w: Window, b: Builder): { input: Value; padding: Attributes } {
  const reach = b.op('Max', [w.end, b.ints([0])]);
  const [begin, end] = [known(w.begin), known(reach)];
  if (begin && end) return { input: image, padding: { pads: [...begin, ...end] } };
  return { input: b.op('Pad', [image, b.vector([0, 0, w.begin, 0, 0, reach])]), padding: {} };
}

/**
 * `[O, C/groups, …kernel]` → `[C, O/groups, …kernel]`, reversed along each axis; `undefined` where channels
 * are unknown.
 */
function turnedRound(weights: Value, group: number, b: Builder): Value | undefined {
  const [outputs, perGroup, ...kernel] = weights.shape ?? [];
  if (typeof outputs !== 'number' || typeof perGroup !== 'number') return undefined;
  const axes = kernel.map((_, axis) => axis + 2);
  const isDepthwise = outputs === group && perGroup === 1;
  const turned = isDepthwise ? weights : group === 1 ? b.transpose(weights, [1, 0, ...axes]) : regrouped();
  const long = axes.filter((axis) => weights.shape?.[axis] !== 1);
  if (long.length === 0) return turned;
  const each = (value: number) => b.ints(long.map(() => value));
  return b.op('Slice', [turned, each(-1), each(-(2 ** 31)), b.ints(long), each(-1)]);

  function regrouped(): Value {
    const lengths = b.op('Slice', [b.op('Shape', [weights]), b.ints([2]), b.ints([2 + axes.length])]);
    const perOutput = Number(outputs) / group;
    const grouped = b.reshape(weights, b.vector([group, perOutput, Number(perGroup), lengths]));
    const swapped = b.transpose(grouped, [0, 2, 1, ...axes.map((axis) => axis + 1)]);
    return b.reshape(swapped, b.vector([group * Number(perGroup), perOutput, lengths]));
  }
}
