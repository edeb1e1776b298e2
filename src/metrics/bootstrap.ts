import { CamError } from '../errors.js';
import { random } from './random.js';

export interface BootstrapOptions {
  /** Minimum 2. @default 1000 */
  readonly resamples?: number;
  /** @default 0 */
  readonly seed?: number;
}

/**
 * Standard error of a statistic by bootstrap: its standard deviation (n - 1) over samples of the same size,
 * drawn with replacement from the images.
 *
 * @param images     What each image contributes, e.g. the defined values of a `Figure`, or whole `Removal`s.
 * @param statistic  The figure of a sample; samples for which it is `undefined` are left out.
 * @returns In the statistic's unit; `undefined` for fewer than two images, or where fewer than two samples
 * have a value. Efron 1979.
 * @throws {CamError} `option`.
 */
export function bootstrapStandardError<T>(
  images: readonly T[],
  statistic: (sample: readonly T[]) => number | undefined,
  { resamples = 1000, seed = 0 }: BootstrapOptions = {},
): number | undefined {
  if (!Number.isInteger(resamples) || resamples < 2)
    throw new CamError(
      'option',
      `bootstrap: resamples: expected an integer of at least 2, got ${resamples}.`,
    );
  if (images.length < 2) return undefined;
  const draw = random(seed);
  // Welford's running variance: no second pass, no cancellation.
  let [count, mean, squares] = [0, 0, 0];
  for (let r = 0; r < resamples; r++) {
    const value = statistic(Array.from(images, () => images[draw.below(images.length)]));
    if (value === undefined) continue;
    count++;
    const off = value - mean;
    mean += off / count;
    squares += off * (value - mean);
  }
  return count < 2 ? undefined : Math.sqrt(squares / (count - 1));
}

/** Standard error of the mean of the defined `values`, by bootstrap. */
export const standardError = (
  values: readonly (number | undefined)[],
  options: BootstrapOptions = {},
): number | undefined =>
  bootstrapStandardError(
    values.filter((value) => value !== undefined),
    (sample) => sample.reduce((a, b) => a + b, 0) / sample.length,
    options,
  );
