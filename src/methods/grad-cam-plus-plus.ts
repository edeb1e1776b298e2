import type { MethodMetadata } from './metadata.js';
import type { Method } from './method.js';

/**
 * Grad-CAM++: `Σ_k w[k] · A[k]` with `w[k] = Σ α · relu(G)`, `α = G² / (2 G² + ΣA[k] · G³)`, 0 where G = 0 or
 * the denominator is 0; no epsilon, which would outweigh small gradients. Chattopadhay et al.,
 * arXiv:1710.11063.
 */
export const gradCamPlusPlus: Method<'activations' | 'gradients', 'grad-cam++'> & MethodMetadata = {
  name: 'grad-cam++',
  title: 'Grad-CAM++',
  citation: 'arXiv:1710.11063',
  formula: 'weights `Σ α·relu(G)`, no epsilon',
  cost: 'gradient',
  needs: ['activations', 'gradients'],
  classAgnostic: false,
  averages: false, // each is weighted by α, which is 0 where a gradient is
  map: (k, { activations, gradients }) => {
    const weights = k.gradCamPlusPlusWeights(activations, gradients);
    return { map: k.weightedSum(activations, weights), weights };
  },
};
