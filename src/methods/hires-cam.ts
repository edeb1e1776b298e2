import type { Method } from './method.js';

/** HiResCAM: `Σ_k G[k] · A[k]`, position by position. Draelos & Carin, arXiv:2011.08891. */
export const hiresCam: Method<'activations' | 'gradients', 'hires-cam'> = {
  name: 'hires-cam',
  needs: ['activations', 'gradients'],
  classAgnostic: false,
  map: (k, { activations, gradients }) => ({ map: k.channelSum(k.multiply(gradients, activations)) }),
};
