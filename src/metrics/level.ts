import { CamError } from '../errors.js';
import type { Plane } from './plane.js';

/** The highest value of a map. */
export function maximum(data: ArrayLike<number>): number {
  let max = Number.NEGATIVE_INFINITY;
  for (let p = 0; p < data.length; p++) if (data[p] > max) max = data[p];
  return max;
}

/**
 * The value of a threshold: `threshold × max`, rounded to the map's own precision, so that a float32 0.7
 * reaches a threshold of 0.7.
 */
export function levelOf({ data }: Plane, threshold: number, max: number): number {
  const level = threshold * max;
  return data instanceof Float32Array ? Math.fround(level) : level;
}

/** Checks that a threshold is a share of the maximum. */
export function expectThreshold(where: string, threshold: number): void {
  if (!(threshold >= 0 && threshold <= 1))
    throw new CamError(
      'option',
      `${where}: threshold: expected 0 to 1, a share of the map's maximum, got ${threshold}.`,
    );
}
