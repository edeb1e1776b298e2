import type { MethodMetadata } from './metadata.js';
import type { Method } from './method.js';

/**
 * Grad-CAM: `Σ_k mean(G[k]) · A[k]`, with G = dS/dA. Selvaraju et al., arXiv:1610.02391, eq. 1-2; ReLU
 * follows for every method.
 */
export const gradCam: Method<'activations' | 'gradients', 'grad-cam'> & MethodMetadata = {
  name: 'grad-cam',
  title: 'Grad-CAM',
  citation: 'arXiv:1610.02391',
  formula: '`Σk mean(G[k]) · A[k]`',
  cost: 'gradient',
  needs: ['activations', 'gradients'],
  classAgnostic: false,
  averages: true,
  map: (k, { activations, gradients }) => {
    const weights = k.spatialMean(gradients);
    return { map: k.weightedSum(activations, weights), weights };
  },
};
