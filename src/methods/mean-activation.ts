import type { MethodMetadata } from './metadata.js';
import type { Method } from './method.js';

/**
 * Sum of the activations over channels, `Σ_k A[k]`: the baseline that a weighting has to beat.
 * Class-agnostic.
 */
export const meanActivation: Method<'activations', 'mean-activation'> & MethodMetadata = {
  name: 'mean-activation',
  title: 'Mean activation',
  formula: '`Σk A[k]`, a baseline',
  cost: 'one pass',
  needs: ['activations'],
  classAgnostic: true,
  map: (k, { activations }) => ({ map: k.channelSum(activations) }),
};
