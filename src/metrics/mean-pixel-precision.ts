import { CamError } from '../errors.js';
import { type Figure, figure } from './outcome.js';
import { hasPositives, pixelAveragePrecision, type ScoredPixels } from './pixel-precision.js';
import { expectPlane, expectSameSize, type Plane } from './plane.js';
import { upsample } from './upsample.js';

/**
 * Where two classes' maps of one image differ: `abs(a - b)` at layer resolution, upsampled afterwards
 * (bilinear, half-pixel centres). a, b `[h, w]` → `[H, W]`.
 *
 * For CALM the maps are `p(A, z|x)` and `p(B, z|x)`; for other methods the maps of the two classes.
 * Keep CALM (arXiv:2106.07861) §5.2.
 * @throws {CamError} `shape`, `input`.
 */
export function cueScores(a: Plane, b: Plane, size: Plane['shape']): Plane {
  expectPlane('cueScores: a', a);
  expectPlane('cueScores: b', b);
  expectSameSize('cueScores: b', b.shape, a.shape, 'as the first map');
  const data = Float64Array.from(a.data, (value, p) => Math.abs(value - b.data[p]));
  return upsample({ data, shape: a.shape }, size);
}

/**
 * mPxAP: mean over pairs of classes of the PxAP of each pair on its own, 0 to 1.
 *
 * @param pairs  One list of images per pair: the scores come from `cueScores`, and the positives mask the
 *   parts in which the classes differ. A pair without a positive pixel has no value and is counted under
 *   `no annotation`. Keep CALM (arXiv:2106.07861) §5.2; its code averages running totals instead.
 * @throws {CamError} `input` where scores are not finite or there is no pair; `shape`.
 */
export function meanPixelAveragePrecision(pairs: readonly (readonly ScoredPixels[])[]): Figure {
  if (pairs.length === 0)
    throw new CamError(
      'input',
      'meanPixelAveragePrecision: expected at least one pair of classes, got none.',
    );
  return figure(
    pairs.map((images) =>
      hasPositives(images)
        ? { value: pixelAveragePrecision(images) }
        : { value: undefined, note: 'no annotation' },
    ),
  );
}
