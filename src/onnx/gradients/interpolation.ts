/**
 * Interpolation along one axis as a matrix, `[out, in]`: what `Resize` does along each axis, one after the
 * other. In float32 and in ONNX Runtime's own order of operations, so that coordinates half-way between two
 * samples are rounded as there. All of it is folded when the session is created, where the lengths are known.
 */

import { range } from './axes.js';
import type { Builder, Value } from './builder.js';
import { known } from './window.js';

export interface Interpolation {
  readonly mode: 'nearest' | 'linear' | 'cubic';
  /** `coordinate_transformation_mode` */
  readonly coordinates: string;
  /**
   * `nearest_mode`; `'simple'` is that of the operators before opset 11: down when enlarging, up when
   * shrinking.
   */
  readonly rounding: string;
  /** The free coefficient of the cubic kernel. */
  readonly cubic: number;
  /** Whether samples outside get no weight, instead of those at the border. */
  readonly excludesOutside: boolean;
  /** Whether the kernel widens when shrinking. */
  readonly antialias: boolean;
}

/** Scalars: lengths int64, the others float32. */
export interface ResizedAxis {
  readonly inLength: Value;
  readonly outLength: Value;
  readonly scale: Value;
  /** Region of interest in shares of the length. */
  readonly roi: readonly [Value, Value] | undefined;
}

export function interpolationMatrix(how: Interpolation, axis: ResizedAxis, b: Builder): Value {
  const at = coordinates(how, axis, b);
  const last = real(b.sub(axis.inLength, b.ints([1], [])), b);
  const matrix = how.mode === 'nearest' ? nearest(how, axis, at, last, b) : weighted(how, axis, at, last, b);
  if (how.coordinates !== 'tf_crop_and_resize') return matrix;
  // Outside of the image stands the extrapolation value, which depends on nothing.
  const isInside = b.op('And', [b.op('GreaterOrEqual', [at, b.scalar(0)]), b.op('LessOrEqual', [at, last])]);
  return b.where(isInside, matrix);
}

/** The coordinate on the input's axis of each sample of the output's: `[out, 1]`. */
function coordinates(how: Interpolation, axis: ResizedAxis, b: Builder): Value {
  const { inLength, outLength, scale } = axis;
  const [before, after] = [real(inLength, b), real(outLength, b)];
  const one = b.scalar(1);
  const half = b.scalar(0.5);
  const samples = column(samplesOf(outLength, b), b);
  const scaled = (x: Value) => b.div(x, scale);
  const centred = b.sub(scaled(b.add(samples, half)), half);
  const isLong = b.op('Greater', [after, one]);
  // A single sample lies at 0, whatever is divided by.
  const steps = b.op('Max', [b.sub(after, one), one]);
  switch (how.coordinates) {
    case 'asymmetric':
      return scaled(samples);
    case 'tf_half_pixel_for_nn':
      // The one rule that moves samples where no length changes, which runtimes leave alone.
      return b.op('Where', [b.op('Equal', [scale, one]), samples, scaled(b.add(samples, half))]);
    case 'pytorch_half_pixel':
      return b.where(isLong, centred);
    case 'align_corners':
      return b.div(b.mul(samples, b.sub(before, one)), steps);
    case 'half_pixel_symmetric': {
      const adjustment = b.div(after, b.mul(scale, before));
      return b.add(b.mul(b.div(before, b.scalar(2)), b.sub(one, adjustment)), centred);
    }
    case 'tf_crop_and_resize': {
      const [start, end] = axis.roi ?? [b.scalar(0), one];
      const reach = b.sub(before, one);
      const crop = b.div(b.mul(b.mul(samples, b.sub(end, start)), reach), steps);
      const middle = b.mul(b.mul(half, b.add(start, end)), reach);
      return b.op('Where', [isLong, b.add(b.mul(start, reach), crop), middle]);
    }
    default:
      return centred;
  }
}

function nearest(
  how: Interpolation,
  { scale, inLength }: ResizedAxis,
  at: Value,
  last: Value,
  b: Builder,
): Value {
  const half = b.scalar(0.5);
  const down = b.op('Floor', [at]);
  const up = b.op('Ceil', [at]);
  const rounded = {
    floor: down,
    ceil: up,
    round_prefer_ceil: b.op('Floor', [b.add(at, half)]),
    simple: b.op('Where', [b.op('Less', [scale, b.scalar(1)]), up, down]),
  };
  const index = Object.entries(rounded).find(([name]) => name === how.rounding)?.[1];
  const chosen = clamped(index ?? b.op('Ceil', [b.sub(at, half)]), last, b);
  return b.cast(b.op('Equal', [chosen, samplesOf(inLength, b)]), 'float32');
}

/**
 * Linear and cubic: a kernel of the distance between coordinate and sample, as wide as the scale if it is to
 * antialias.
 */
function weighted(how: Interpolation, axis: ResizedAxis, at: Value, last: Value, b: Builder): Value {
  const samples = samplesOf(axis.inLength, b);
  const kernel = how.mode === 'linear' ? linearKernel : cubicKernel;
  const stretch = how.antialias ? b.op('Min', [axis.scale, b.scalar(1)]) : b.scalar(1);
  const weights = (from: Value, to: Value) =>
    kernel(b.mul(b.op('Abs', [b.sub(from, to)]), stretch), how.cubic, b);
  if (how.mode === 'linear' && !how.antialias) return weights(clamped(at, last, b), samples);
  if (how.excludesOutside) return normalized(weights(at, samples), b);
  // As many samples outside, on either side, as the kernel reaches to; each is the one at its border.
  const reach = b.cast(b.op('Ceil', [b.div(b.scalar(2), stretch)]), 'int64');
  const wide = b.add(axis.inLength, b.add(reach, reach));
  const positions = b.sub(samplesOf(wide, b), b.cast(reach, 'float32'));
  const all = weights(at, positions);
  const border = b.op('Equal', [column(clamped(positions, last, b), b), samples]);
  return b.op('MatMul', [how.antialias ? normalized(all, b) : all, b.cast(border, 'float32')]);
}

/** max(0, 1 - d) */
function linearKernel(distance: Value, _: number, b: Builder): Value {
  return b.op('Relu', [b.sub(b.scalar(1), distance)]);
}

/** Keys' kernel: (a + 2)d³ - (a + 3)d² + 1 up to 1, ad³ - 5ad² + 8ad - 4a up to 2, then 0. */
function cubicKernel(distance: Value, a: number, b: Builder): Value {
  const polynomial = (...coefficients: readonly number[]) =>
    coefficients
      .map((coefficient) => b.scalar(coefficient))
      .reduce((sum, coefficient) => b.add(b.mul(sum, distance), coefficient));
  const far = polynomial(a, -5 * a, 8 * a, -4 * a);
  const reaching = b.where(b.op('Less', [distance, b.scalar(2)]), far);
  const isNear = b.op('LessOrEqual', [distance, b.scalar(1)]);
  return b.op('Where', [isNear, polynomial(a + 2, -(a + 3), 0, 1), reaching]);
}

/** Rows that add up to 1. */
function normalized(weights: Value, b: Builder): Value {
  return b.div(weights, b.reduceSum(weights, [1]));
}

function clamped(x: Value, last: Value, b: Builder): Value {
  return b.op('Min', [b.op('Max', [x, b.scalar(0)]), last]);
}

/** `0, 1, … length - 1` */
function samplesOf(length: Value, b: Builder): Value {
  const [count] = known(length) ?? [];
  if (count !== undefined) return b.floats(range(0, count));
  return b.cast(b.op('Range', [b.ints([0], []), length, b.ints([1], [])]), 'float32');
}

function column(x: Value, b: Builder): Value {
  return b.reshape(x, [-1, 1]);
}

/** An int64 scalar as float32. */
function real(x: Value, b: Builder): Value {
  const [value] = known(x) ?? [];
  return value === undefined ? b.cast(x, 'float32') : b.scalar(value);
}
