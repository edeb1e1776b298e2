import { type Confidence, expectProbabilities } from './confidence.js';
import { type Figure, figure } from './outcome.js';

/**
 * Average gain, per cent, 0 to 100, higher is better: `100/N Σ max(0, O - Y)/(1 - Y)`.
 * An image with Y = 1 has no value: its score cannot rise. It is counted under `score is 1`.
 * Zhang 2023 (Opti-CAM, arXiv:2301.07002).
 * @throws {CamError} `input` for scores outside 0..1.
 */
export function averageGain(scores: readonly Pick<Confidence, 'original' | 'masked'>[]): Figure {
  expectProbabilities('averageGain', scores, ['original', 'masked']);
  return figure(
    scores.map(({ original, masked }) =>
      original >= 1
        ? { value: undefined, note: 'score is 1' }
        : { value: (100 * Math.max(0, masked - original)) / (1 - original) },
    ),
  );
}
