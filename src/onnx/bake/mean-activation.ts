import type { BakedMethod } from './method.js';

/** `Σ_k A[k]`: the baseline that a weighting has to beat. */
export const meanActivation: BakedMethod = {
  classAgnostic: true,
  map: ({ b, activations }) => b.reduceSum(activations, [1]),
};
