import { CamError } from '../errors.js';
import type { InputTensor } from '../types.js';
import { type Baseline, zeroBaseline } from './baseline.js';
import { type Probe, scoreOf } from './passes.js';
import { type PixelOrder, stepCounts } from './pixel-order.js';
import { replaceSteps, spanKey } from './replace.js';

/** Score over the share of pixels taken. */
export interface Curve {
  /** Ascending, 0 to 1. */
  readonly fractions: readonly number[];
  /** One per fraction. */
  readonly scores: readonly number[];
  /** Area under the scores, in their unit. */
  readonly auc: number;
}

export interface CurveOptions {
  /** Steps from 0 to all pixels, see `stepCounts`. @default 100, 1 % each */
  readonly steps?: number;
  /** What replaces a pixel. @default zeroBaseline(image) */
  readonly baseline?: Baseline;
}

/**
 * Area under a polyline by the trapezoid rule, over the fractions as they are (steps may differ).
 * @throws {CamError} `shape` for lengths that differ or fewer than 2 points; `input` for values that are not
 *   finite.
 */
export function trapezoid(fractions: ArrayLike<number>, scores: ArrayLike<number>): number {
  if (fractions.length !== scores.length || fractions.length < 2) {
    throw new CamError(
      'shape',
      `trapezoid: expected as many scores as fractions and at least 2, got ${scores.length} and ${fractions.length}.`,
    );
  }
  let area = 0;
  for (let i = 1; i < fractions.length; i++)
    area += ((scores[i - 1] + scores[i]) / 2) * (fractions[i] - fractions[i - 1]);
  if (!Number.isFinite(area))
    throw new CamError('input', `trapezoid: expected finite scores and fractions, got an area of ${area}.`);
  return area;
}

/** Deletion and insertion differ only in `action`: which part of the order is replaced. */
export function curveProbe(
  where: string,
  image: InputTensor,
  order: PixelOrder,
  action: 'remove' | 'show',
  { steps, baseline = zeroBaseline(image) }: CurveOptions,
): Probe<Curve> {
  const counts = stepCounts(order.pixels.length, steps);
  return {
    passes: () => replaceSteps(where, image, baseline, order, counts, action),
    result(scores) {
      const fractions = counts.map((count) => count / order.pixels.length);
      const values = counts.map(
        (count) => scoreOf(where, scores, spanKey(baseline, order, count, action)).score,
      );
      return { fractions, scores: values, auc: trapezoid(fractions, values) };
    },
  };
}
