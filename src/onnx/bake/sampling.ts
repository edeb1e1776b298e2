/**
 * Where the pixels of a picture lie on a layer, in float64: the least error would put samples into other
 * bins.
 */

import type { Builder, Value } from '../gradients/builder.js';

/** Linear interpolation along one axis, half-pixel centres, edges clamped. */
export interface Sampling {
  /** From the layer to the picture, `[out, in]`, float64. */
  readonly matrix: Value;
  /**
   * The rows at both ends of every run of samples between the same two neighbours. A map is bilinear between
   * them: its extremes over all samples are among these.
   */
  readonly ends: Value;
}

export function samplingOf(b: Builder, layer: string, picture: string, axis: number): Sampling {
  const [inLength, outLength] = [layer, picture].map((tensor) => sideOf(b, tensor, axis));
  const one = real(b, 1);
  const half = real(b, 0.5);
  const [ins, outs] = [inLength, outLength].map((length) => b.cast(length, 'float64'));
  const centres = b.add(steps(b, outLength), half);
  const inside = b.op('Min', [b.sub(b.div(b.mul(centres, ins), outs), half), b.sub(ins, one)]);
  const at = b.op('Max', [inside, real(b, 0)]);
  // Not Unsqueeze: ONNX's own shape inference carries known values through it as if it kept their rank.
  const distance = b.op('Abs', [b.sub(b.reshape(at, [-1, 1]), steps(b, inLength))]);
  const matrix = b.op('Max', [b.sub(one, distance), real(b, 0)]);

  const neighbour = b.op('Floor', [at]);
  const without = (first: number, last: number) =>
    b.op('Slice', [neighbour, b.ints([first]), b.ints([last]), b.ints([0])]);
  const isLast = b.op('Not', [b.op('Equal', [without(0, -1), without(1, 2 ** 31 - 1)])]);
  const lasts = b.reshape(b.op('NonZero', [isLast]), [-1]);
  const firsts = b.add(lasts, b.ints([1]));
  const end = b.reshape(b.sub(outLength, b.ints([1], [])), [1]);
  const rows = b.op('Concat', [b.ints([0]), lasts, firsts, end], { axis: 0 });
  return { matrix, ends: b.op('Gather', [matrix, rows], { axis: 0 }) };
}

/** A number that float32 holds exactly. */
export const real = (b: Builder, value: number): Value => b.cast(b.scalar(value), 'float64');

function sideOf(b: Builder, tensor: string, axis: number): Value {
  return b.op('Gather', [b.shapeOf(tensor), b.ints([axis], [])], { axis: 0 });
}

/** `0, 1, … length - 1` */
function steps(b: Builder, length: Value): Value {
  return b.cast(b.op('Range', [b.ints([0], []), length, b.ints([1], [])]), 'float64');
}
