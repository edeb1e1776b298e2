import type { MethodMetadata } from './metadata.js';
import type { Method } from './method.js';

/** Element-wise Grad-CAM: `Σ_k relu(G[k] · A[k])`, as pytorch-grad-cam's `GradCAMElementWise` has it. */
export const gradCamElementwise: Method<'activations' | 'gradients', 'grad-cam-elementwise'> &
  MethodMetadata = {
  name: 'grad-cam-elementwise',
  title: 'Grad-CAM elementwise',
  citation: 'pytorch-grad-cam, GradCAMElementWise',
  formula: '`Σk relu(G[k] · A[k])`',
  cost: 'gradient',
  needs: ['activations', 'gradients'],
  classAgnostic: false,
  map: (k, { activations, gradients }) => ({
    map: k.channelSum(k.relu(k.multiply(gradients, activations))),
  }),
};
