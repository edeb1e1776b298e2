import type { MethodMetadata } from './metadata.js';
import type { Method } from './method.js';

/**
 * CAM: `Σ_k W[c, k] · A[k]`, with W of the linear layer behind global average pooling. Zhou et al.,
 * arXiv:1512.04150, eq. 2.
 */
export const cam: Method<'activations' | 'classWeights' | 'target', 'cam'> & MethodMetadata = {
  name: 'cam',
  title: 'CAM',
  citation: 'arXiv:1512.04150',
  formula: '`Σk W[c,k] · A[k]`',
  cost: 'one pass',
  needs: ['activations', 'classWeights', 'target'],
  classAgnostic: false,
  map: (k, { activations, classWeights, target }) => {
    const weights = k.matrixProduct(classWeights, target);
    return { map: k.weightedSum(activations, weights), weights };
  },
};
