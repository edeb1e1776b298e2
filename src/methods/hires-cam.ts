import type { MethodMetadata } from './metadata.js';
import type { Method } from './method.js';

/** HiResCAM: `Σ_k G[k] · A[k]`, position by position. Draelos & Carin, arXiv:2011.08891. */
export const hiresCam: Method<'activations' | 'gradients', 'hires-cam'> & MethodMetadata = {
  name: 'hires-cam',
  title: 'HiResCAM',
  citation: 'arXiv:2011.08891',
  formula: '`Σk G[k] · A[k]`',
  cost: 'gradient',
  needs: ['activations', 'gradients'],
  classAgnostic: false,
  map: (k, { activations, gradients }) => ({ map: k.channelSum(k.multiply(gradients, activations)) }),
};
