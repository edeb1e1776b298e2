import { CamError } from '../errors.js';
import type { InputTensor } from '../types.js';
import { type Baseline, expectBaseline } from './baseline.js';
import { expectImage } from './plane.js';
import { type Region, regionMask } from './region.js';
import { spearman } from './spearman.js';

/**
 * Replaces the pixels of a region by the baseline's: the counterfactual "without this object". image
 * `[C, H, W]`; region: boxes or a mask over its pixels → `[C, H, W]`.
 * @throws {CamError} `shape`; `input` when the region has no pixel: nothing would change.
 */
export function replaceRegion(image: InputTensor, region: Region, baseline: Baseline): InputTensor {
  const [channels, h, w] = expectImage('replaceRegion', image);
  expectBaseline('replaceRegion', image, baseline);
  const mask = regionMask('replaceRegion', region, [h, w]);
  if (!mask.includes(1)) {
    throw new CamError(
      'input',
      'replaceRegion: region: expected at least one pixel of the image, got none. Pass the box of an object.',
    );
  }
  const data = image.data.slice();
  for (let c = 0; c < channels; c++)
    for (let p = 0; p < h * w; p++)
      if (mask[p] === 1) data[c * h * w + p] = baseline.image.data[c * h * w + p];
  return { data, shape: image.shape };
}

/** A method's channel weights before and after pixels were replaced. */
export interface WeightComparison {
  readonly before: Float64Array;
  readonly after: Float64Array;
  /** `after - before`, per channel. */
  readonly difference: Float64Array;
  /** Spearman's, -1 to 1; `undefined` where one vector is constant. */
  readonly rankCorrelation: number | undefined;
  /** `Σ abs(after - before)`, in the weights' unit. */
  readonly l1: number;
}

/**
 * Counterfactual analysis of a method's channel weights: how they change when pixels of the image change.
 * before, after `[K]`, e.g. MI-CAM's in nats. MI-CAM (arXiv:2507.09092).
 * @throws {CamError} `shape` for different lengths or none; `input` for weights that are not finite.
 */
export function compareWeights(before: ArrayLike<number>, after: ArrayLike<number>): WeightComparison {
  const rankCorrelation = spearman(before, after);
  const difference = Float64Array.from(after, (weight, k) => weight - before[k]);
  return {
    before: Float64Array.from(before),
    after: Float64Array.from(after),
    difference,
    rankCorrelation,
    l1: difference.reduce((sum, d) => sum + Math.abs(d), 0),
  };
}
