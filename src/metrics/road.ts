import { CamError } from '../errors.js';
import type { InputTensor } from '../types.js';
import { type ImputationOptions, imputeLinearly } from './linear-imputation.js';
import { type Probe, scoreOf } from './passes.js';
import type { PixelOrder } from './pixel-order.js';

export interface RoadOptions extends ImputationOptions {
  /** Share of pixels that stay, per cent, each 0 to 100. @default 10, 20 … 90 */
  readonly percentiles?: readonly number[];
}

/**
 * ROAD of one image and map. A difference is the score on the imputed image less the score on the image, -1
 * to 1.
 */
export interface Road {
  /** Difference when the most relevant pixels are removed, one per percentile; lower is better. */
  readonly mostRelevantFirst: readonly number[];
  /** Difference when the least relevant pixels are removed; higher is better. */
  readonly leastRelevantFirst: readonly number[];
  /** Mean over the percentiles. */
  readonly morf: number;
  /** Mean over the percentiles. */
  readonly lerf: number;
  /** `(lerf - morf) / 2`, higher is better. */
  readonly combined: number;
}

const DECILES = [10, 20, 30, 40, 50, 60, 70, 80, 90];

/**
 * ROAD, remove and debias: the score after the most, and after the least, relevant pixels were replaced.
 * Their neighbours suggest the new values (`imputeLinearly`), so the outline of the hole does not give the
 * class away.
 *
 * image `[C, H, W]`; `most`, `least`: `pixelOrder(saliency)` and `pixelOrder(saliency, 'least-first')`. At
 * percentile p the last `⌈(H·W - 1) · p / 100⌉` pixels of the order stay, and the rest is imputed. Without
 * ties this is pytorch-grad-cam's rule `map < percentile(map, p)`, with `1 - map` for the least relevant.
 * Where many pixels tie, that rule removes all of them, often the whole image; ours removes exactly as many
 * as asked for. ROAD (arXiv:2202.00449).
 * @throws {CamError} `shape`, `option`; its result `input` when a score is missing.
 */
export function road(
  image: InputTensor,
  most: PixelOrder,
  least: PixelOrder,
  { percentiles = DECILES, ...imputation }: RoadOptions = {},
): Probe<Road> {
  if (percentiles.length === 0 || percentiles.some((p) => !(p >= 0 && p <= 100))) {
    throw new CamError(
      'option',
      `road: percentiles: expected at least one, each 0 to 100, got [${percentiles.join(', ')}].`,
    );
  }
  const { noise, seed = 0 } = imputation;
  const key = (order: PixelOrder, p: number) => `imputed ${seed}/${noise ?? ''} at ${order.name} ${p} %`;
  return {
    *passes() {
      yield { key: 'original', image: image.data };
      for (const order of [most, least]) {
        for (const p of percentiles) {
          const stay = Math.ceil(((order.pixels.length - 1) * p) / 100);
          const known = new Uint8Array(order.pixels.length);
          for (const pixel of order.pixels.subarray(order.pixels.length - stay)) known[pixel] = 1;
          const { data } = imputeLinearly(image, { data: known, shape: order.shape }, imputation);
          yield { key: key(order, p), image: data };
        }
      }
    },
    result(scores) {
      const original = scoreOf('road', scores, 'original').score;
      const [mostRelevantFirst, leastRelevantFirst] = [most, least].map((order) =>
        percentiles.map((p) => scoreOf('road', scores, key(order, p)).score - original),
      );
      const [morf, lerf] = [mean(mostRelevantFirst), mean(leastRelevantFirst)];
      return { mostRelevantFirst, leastRelevantFirst, morf, lerf, combined: (lerf - morf) / 2 };
    },
  };
}

const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;
