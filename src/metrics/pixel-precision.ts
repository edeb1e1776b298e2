import { CamError } from '../errors.js';
import { expectPlane, expectSameSize, type Plane } from './plane.js';

/** One image's scores, and which of its pixels belong to the object. */
export interface ScoredPixels {
  /** `[H, W]`, any finite numbers; only their order counts. */
  readonly scores: Plane;
  /** `[H, W]`, not 0 on the object. */
  readonly positives: Plane;
  /** `[H, W]`, not 0 where the pixel is neither positive nor negative. Default: every pixel counts. */
  readonly ignore?: Plane;
}

/**
 * PxAP: area under pixel precision and recall over the thresholds,
 * `Σ precision[i] · (recall[i] - recall[i - 1])`, 0 to 1. The thresholds are all distinct scores, from the
 * highest down, over all pixels of all images together. A perfect map gives 1, a constant one the share of
 * positive pixels.
 *
 * Choe 2020 (arXiv:2001.07437); Keep CALM (arXiv:2106.07861) §5.2.
 * @throws {CamError} `input` without a positive pixel, or for values that are not finite; `shape`.
 */
export function pixelAveragePrecision(images: readonly ScoredPixels[]): number {
  const [positives, negatives] = split(images);
  if (positives.length === 0) {
    throw new CamError(
      'input',
      `pixelAveragePrecision: expected at least one positive pixel (recall needs it), got none in ${images.length} image(s).`,
    );
  }
  positives.sort();
  negatives.sort();
  let [area, tp, fp] = [0, 0, 0];
  while (tp < positives.length) {
    // Thresholds between two positive scores add no recall, so only those at a positive score matter.
    const threshold = positives[positives.length - 1 - tp];
    const before = tp;
    while (tp < positives.length && positives[positives.length - 1 - tp] >= threshold) tp++;
    while (fp < negatives.length && negatives[negatives.length - 1 - fp] >= threshold) fp++;
    area += ((tp / (tp + fp)) * (tp - before)) / positives.length;
  }
  return area;
}

/** Whether any pixel that counts is positive. */
export const hasPositives = (images: readonly ScoredPixels[]): boolean =>
  images.some(({ positives, ignore }) => {
    for (let p = 0; p < positives.data.length; p++)
      if (positives.data[p] !== 0 && !(ignore && ignore.data[p] !== 0)) return true;
    return false;
  });

/** Scores of positive and of negative pixels. */
function split(images: readonly ScoredPixels[]): [positives: Float64Array, negatives: Float64Array] {
  const total = images.reduce((sum, { scores }) => sum + scores.data.length, 0);
  const sides = [new Float64Array(total), new Float64Array(total)];
  const counts = [0, 0];
  for (const { scores, positives, ignore } of images) {
    expectPlane('pixelAveragePrecision: scores', scores);
    for (const [name, plane] of [
      ['positives', positives],
      ['ignore', ignore],
    ] as const) {
      if (!plane) continue;
      expectPlane(`pixelAveragePrecision: ${name}`, plane);
      expectSameSize(`pixelAveragePrecision: ${name}`, plane.shape, scores.shape, 'as the scores');
    }
    for (let p = 0; p < scores.data.length; p++) {
      if (ignore && ignore.data[p] !== 0) continue;
      const side = positives.data[p] === 0 ? 1 : 0;
      sides[side][counts[side]++] = scores.data[p];
    }
  }
  return [sides[0].subarray(0, counts[0]), sides[1].subarray(0, counts[1])];
}
