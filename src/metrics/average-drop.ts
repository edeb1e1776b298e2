import { type Confidence, expectProbabilities } from './confidence.js';
import { type Figure, figure } from './outcome.js';

/**
 * Average drop, per cent, 0 to 100, lower is better: `100/N Σ max(0, Y - O)/Y`.
 * An image with Y = 0 has no value: its drop is undefined. It is counted under `score is 0`.
 * MI-CAM (arXiv:2507.09092) §4.3 (mask `threshold`); Grad-CAM++ (arXiv:1710.11063) (mask `multiply`).
 * @throws {CamError} `input` for scores outside 0..1.
 */
export function averageDrop(scores: readonly Pick<Confidence, 'original' | 'masked'>[]): Figure {
  expectProbabilities('averageDrop', scores, ['original', 'masked']);
  return figure(
    scores.map(({ original, masked }) =>
      original === 0
        ? { value: undefined, note: 'score is 0' }
        : { value: (100 * Math.max(0, original - masked)) / original },
    ),
  );
}
