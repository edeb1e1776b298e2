import { CamError } from '../errors.js';
import type { InputTensor } from '../types.js';
import { type Baseline, blurBaseline } from './baseline.js';
import { type Probe, scoreOf } from './passes.js';
import { type PixelOrder, randomOrder } from './pixel-order.js';
import { replaceSteps, spanKey } from './replace.js';

/** Shares of pixels that are removed by default. */
export const removalShares: readonly number[] = [0.1, 0.3, 0.5, 0.7, 0.9];

/**
 * Whether the model is right about one image after a share of its pixels was removed, one entry per share.
 */
export interface Removal {
  /** The pixels that the map ranks first are removed. */
  readonly top: readonly boolean[];
  /** As many random pixels are removed. */
  readonly random: readonly boolean[];
}

export interface RemovalOptions {
  /** Ascending, each 0 to 1; `round(share · H·W)` pixels are removed. @default removalShares */
  readonly shares?: readonly number[];
  /**
   * What replaces a pixel. @default blurBaseline(image), σ 15, 31 taps; the authors' code uses
   * `zeroBaseline(image)`
   */
  readonly baseline?: Baseline;
  /** Seeds the random order: one order per image, the same for every map. @default 0 */
  readonly seed?: number;
}

/**
 * The passes of remove-and-classify for one image: its most salient pixels removed, and as many random ones.
 *
 * image `[C, H, W]`; order: `pixelOrder(saliency)`; label: the true class. The keys of the random copies name
 * no map, so all maps of an image share their passes. `seedFor(seed, image)` gives each image its own seed.
 * @throws {CamError} `shape`, `option`; its result `input` when a score is missing.
 */
export function removal(
  image: InputTensor,
  order: PixelOrder,
  label: number,
  { shares = removalShares, baseline = blurBaseline(image), seed = 0 }: RemovalOptions = {},
): Probe<Removal> {
  shares.forEach((share, i) => {
    if (!(share >= (shares[i - 1] ?? 0) && share <= 1)) {
      throw new CamError(
        'option',
        `removal: shares: expected 0 to 1 in ascending order, got [${shares.join(', ')}].`,
      );
    }
  });
  const counts = shares.map((share) => Math.round(share * order.pixels.length));
  const random = randomOrder(order.shape, seed);
  return {
    *passes() {
      yield* replaceSteps('removal', image, baseline, order, counts, 'remove');
      yield* replaceSteps('removal', image, baseline, random, counts, 'remove');
    },
    result(scores) {
      const right = (by: PixelOrder) =>
        counts.map(
          (count) => scoreOf('removal', scores, spanKey(baseline, by, count, 'remove')).predicted === label,
        );
      return { top: right(order), random: right(random) };
    },
  };
}

export interface RemoveAndClassify {
  /**
   * `R_k`, one per share; `undefined` where no image is right after random removal. Lower is better, 1 is
   * chance.
   */
  readonly ratios: readonly (number | undefined)[];
  /** Accuracy, 0 to 1, after the most salient pixels were removed, one per share. */
  readonly top: readonly number[];
  /** Accuracy, 0 to 1, after random ones were. */
  readonly random: readonly number[];
}

/**
 * Remove-and-classify: `R_k = accuracy(top-k % removed) / accuracy(random k % removed)`, from the images'
 * `removal`s at the same shares. Keep CALM (arXiv:2106.07861) §5.3.
 * @throws {CamError} `shape` for no image, or different numbers of shares.
 */
export function removeAndClassify(removals: readonly Removal[]): RemoveAndClassify {
  const length = removals[0]?.top.length;
  if (
    length === undefined ||
    removals.some(({ top, random }) => top.length !== length || random.length !== length)
  )
    throw new CamError(
      'shape',
      'removeAndClassify: expected at least one image, and the same shares for all.',
    );
  const accuracy = (by: 'top' | 'random') =>
    Array.from({ length }, (_, k) => removals.filter((r) => r[by][k]).length / removals.length);
  const [top, random] = [accuracy('top'), accuracy('random')];
  return { ratios: top.map((a, k) => (random[k] === 0 ? undefined : a / random[k])), top, random };
}
