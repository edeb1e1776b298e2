import type { Method } from './method.js';

/** Element-wise Grad-CAM: `Σ_k relu(G[k] · A[k])`, as pytorch-grad-cam's `GradCAMElementWise` has it. */
export const gradCamElementwise: Method<'activations' | 'gradients', 'grad-cam-elementwise'> = {
  name: 'grad-cam-elementwise',
  needs: ['activations', 'gradients'],
  classAgnostic: false,
  map: (k, { activations, gradients }) => ({
    map: k.channelSum(k.relu(k.multiply(gradients, activations))),
  }),
};
