import type { Method } from './method.js';

/**
 * Grad-CAM++: `Σ_k w[k] · A[k]` with `w[k] = Σ α · relu(G)`, `α = G² / (2 G² + ΣA[k] · G³)`, 0 where G = 0 or
 * the denominator is 0; no epsilon, which would outweigh small gradients. Chattopadhay et al.,
 * arXiv:1710.11063.
 */
export const gradCamPlusPlus: Method<'activations' | 'gradients', 'grad-cam++'> = {
  name: 'grad-cam++',
  needs: ['activations', 'gradients'],
  classAgnostic: false,
  map: (k, { activations, gradients }) => {
    const weights = k.gradCamPlusPlusWeights(activations, gradients);
    return { map: k.weightedSum(activations, weights), weights };
  },
};
