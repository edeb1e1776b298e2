import type { Activation } from '../onnx/model.js';

/**
 * Probabilities of the scores `[C]`, in float64.
 * @param activation  What makes them; `none` of scores that are probabilities already.
 */
export function probabilities(scores: Float32Array, activation: Activation = 'softmax'): Float64Array {
  if (activation === 'none') return Float64Array.from(scores);
  if (activation === 'sigmoid') return Float64Array.from(scores, (score) => 1 / (1 + Math.exp(-score)));
  let largest = Number.NEGATIVE_INFINITY;
  for (let c = 0; c < scores.length; c++) largest = Math.max(largest, scores[c]);
  const chances = new Float64Array(scores.length);
  let sum = 0;
  for (let c = 0; c < scores.length; c++) {
    chances[c] = Math.exp(scores[c] - largest);
    sum += chances[c];
  }
  for (let c = 0; c < scores.length; c++) chances[c] /= sum;
  return chances;
}
