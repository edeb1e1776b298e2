import type { MethodMetadata } from './metadata.js';
import type { Method } from './method.js';

/**
 * Eigen-Grad-CAM: projection of the `h·w × k` matrix `G · A`, channels centred, on its first principal
 * component, signed so that its inner product with `Σ_k G[k] · A[k]` (centred) is at least 0. Eigen-CAM
 * (arXiv:2008.00299) on gradient × activation.
 */
export const eigenGradCam: Method<'activations' | 'gradients', 'eigen-grad-cam'> & MethodMetadata = {
  name: 'eigen-grad-cam',
  title: 'Eigen-Grad-CAM',
  citation: 'arXiv:2008.00299',
  formula: 'first principal component of `G·A`',
  cost: 'gradient',
  needs: ['activations', 'gradients'],
  classAgnostic: false,
  map: (k, { activations, gradients }) => ({
    map: k.firstComponent(k.centre(k.multiply(gradients, activations))),
  }),
};
