import { type Confidence, expectProbabilities } from './confidence.js';
import { type Figure, figure } from './outcome.js';

/**
 * Increase in confidence, per cent of images, 0 to 100, higher is better: `100/N Σ [O > Y]`. Equal scores are
 * no increase. Grad-CAM++ (arXiv:1710.11063).
 * @throws {CamError} `input` for scores outside 0..1.
 */
export function increaseInConfidence(scores: readonly Pick<Confidence, 'original' | 'masked'>[]): Figure {
  expectProbabilities('increaseInConfidence', scores, ['original', 'masked']);
  return figure(scores.map(({ original, masked }) => ({ value: masked > original ? 100 : 0 })));
}
