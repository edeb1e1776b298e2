import { type Confidence, expectProbabilities } from './confidence.js';
import { type Figure, figure } from './outcome.js';

export interface AverageIncrease {
  /**
   * `100/N Σ max(0, O - B)/O`, per cent, 0 to 100. An image with O = 0 has no value and is counted under
   * `score is 0`.
   */
  readonly increase: Figure;
  /** `mean(O - B)`, probability, -1 to 1. */
  readonly difference: Figure;
  /** Share of images with O > B, per cent. */
  readonly above: Figure;
}

/**
 * Average increase of the masked image's score O over the all-zero baseline's score B; higher is better. The
 * paper gives no formula that we know of. The first figure is our reading of its text, so the plain
 * difference and the share are given as well. MI-CAM (arXiv:2507.09092) §4.3.
 * @throws {CamError} `input` for scores outside 0..1.
 */
export function averageIncrease(scores: readonly Pick<Confidence, 'masked' | 'baseline'>[]): AverageIncrease {
  expectProbabilities('averageIncrease', scores, ['masked', 'baseline']);
  return {
    increase: figure(
      scores.map(({ masked, baseline }) =>
        masked === 0
          ? { value: undefined, note: 'score is 0' }
          : { value: (100 * Math.max(0, masked - baseline)) / masked },
      ),
    ),
    difference: figure(scores.map(({ masked, baseline }) => ({ value: masked - baseline }))),
    above: figure(scores.map(({ masked, baseline }) => ({ value: masked > baseline ? 100 : 0 }))),
  };
}
