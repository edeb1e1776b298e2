import type { Method } from './method.js';

/**
 * XGrad-CAM: `Σ_k w[k] · A[k]` with `w[k] = Σ(G[k] · A[k]) / ΣA[k]`, 0 where ΣA[k] = 0; no epsilon. Fu et
 * al., arXiv:2008.02312.
 */
export const xgradCam: Method<'activations' | 'gradients', 'xgrad-cam'> = {
  name: 'xgrad-cam',
  needs: ['activations', 'gradients'],
  classAgnostic: false,
  averages: true,
  map: (k, { activations, gradients }) => {
    const weights = k.xgradWeights(activations, gradients);
    return { map: k.weightedSum(activations, weights), weights };
  },
};
