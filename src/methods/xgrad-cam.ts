import type { MethodMetadata } from './metadata.js';
import type { Method } from './method.js';

/**
 * XGrad-CAM: `Σ_k w[k] · A[k]` with `w[k] = Σ(G[k] · A[k]) / ΣA[k]`, 0 where ΣA[k] = 0; no epsilon. Fu et
 * al., arXiv:2008.02312.
 */
export const xgradCam: Method<'activations' | 'gradients', 'xgrad-cam'> & MethodMetadata = {
  name: 'xgrad-cam',
  title: 'XGrad-CAM',
  citation: 'arXiv:2008.02312',
  formula: 'weights `Σ(G·A) / ΣA`, no epsilon',
  cost: 'gradient',
  needs: ['activations', 'gradients'],
  classAgnostic: false,
  averages: true,
  map: (k, { activations, gradients }) => {
    const weights = k.xgradWeights(activations, gradients);
    return { map: k.weightedSum(activations, weights), weights };
  },
};
