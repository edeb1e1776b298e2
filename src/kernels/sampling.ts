import { CamError } from '../errors.js';

/**
 * Where samples lie along one axis of a layer, in integers: sample `i` is at
 * `(origin + i · step) / denominator` columns (or rows), held to `0 .. size - 1`.
 */
export interface Sampling {
  readonly origin: number;
  readonly step: number;
  readonly denominator: number;
}

/** `samples` half-pixel positions along an axis of `size`: `(i + 1/2) · size/samples - 1/2`, reduced. */
export function sampling(where: string, size: number, samples: number): Sampling {
  const divisor = gcd(gcd(2 * size, 2 * samples), size - samples);
  const denominator = (2 * samples) / divisor;
  if (denominator > 65_535 || size * samples >= 2 ** 29) {
    throw new CamError(
      'shape',
      `${where}: expected a sampling grid that fits 32-bit integers (denominator at most 65535, layer times grid below 2^29 along an axis), got ${size} to ${samples}. Choose a smaller resolution.`,
    );
  }
  return { origin: (size - samples) / divisor, step: (2 * size) / divisor, denominator };
}

/** The most samples between the same two of `size` rows or columns, or outside the first or last. */
export function longestRun(size: number, samples: number, { origin, step, denominator }: Sampling): number {
  let [longest, first] = [0, 0];
  for (let next = 0; next <= size; next++) {
    const end = Math.min(samples, Math.ceil(Math.max(0, next * denominator - origin) / step));
    longest = Math.max(longest, (next === size ? samples : end) - first);
    first = end;
  }
  return longest;
}

/**
 * True where an axis is sampled when it is quantised, not later: the samples are less than twice as dense as
 * the layer, so a layer value may lie far outside the range of the samples, and its integer would overflow.
 */
export const samplesFirst = (size: number, samples: number): boolean =>
  samples < 2 * size && samples !== size;

const gcd = (a: number, b: number): number => (b === 0 ? Math.abs(a) : gcd(b, a % b));
