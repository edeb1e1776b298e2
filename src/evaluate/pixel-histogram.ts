import type { ScoredPixels } from '../metrics/index.js';

const LEVELS = 512;

/**
 * Histograms of one picture's scores, on and off the object: enough for standard errors, at a thousandth of
 * the size.
 */
export interface PixelHistogram {
  readonly positives: Uint32Array;
  readonly negatives: Uint32Array;
}

/** Counts scores 0..1 in 512 levels. */
export function pixelHistogram({ scores, positives, ignore }: ScoredPixels): PixelHistogram {
  const histogram = { positives: new Uint32Array(LEVELS), negatives: new Uint32Array(LEVELS) };
  for (let p = 0; p < scores.data.length; p++) {
    if (ignore && ignore.data[p] !== 0) continue;
    const level = Math.min(LEVELS - 1, Math.max(0, Math.floor(scores.data[p] * LEVELS)));
    (positives.data[p] !== 0 ? histogram.positives : histogram.negatives)[level]++;
  }
  return histogram;
}

/** PxAP over all pictures together, at the histograms' levels; `undefined` without a positive pixel. */
export function histogramPrecision(pictures: readonly PixelHistogram[]): number | undefined {
  const [positives, negatives] = [new Float64Array(LEVELS), new Float64Array(LEVELS)];
  for (const picture of pictures) {
    for (let level = 0; level < LEVELS; level++) {
      positives[level] += picture.positives[level];
      negatives[level] += picture.negatives[level];
    }
  }
  const total = positives.reduce((a, b) => a + b, 0);
  if (total === 0) return undefined;
  let [area, tp, fp] = [0, 0, 0];
  for (let level = LEVELS - 1; level >= 0; level--) {
    tp += positives[level];
    fp += negatives[level];
    if (positives[level] > 0) area += ((tp / (tp + fp)) * positives[level]) / total;
  }
  return area;
}
