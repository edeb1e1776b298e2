import type { MethodMetadata } from './metadata.js';
import type { Method } from './method.js';

/** LayerCAM: `Σ_k relu(G[k]) · A[k]`, position by position. Jiang et al., IEEE TIP 30 (2021), 5875-5888. */
export const layerCam: Method<'activations' | 'gradients', 'layer-cam'> & MethodMetadata = {
  name: 'layer-cam',
  title: 'LayerCAM',
  citation: 'Jiang et al., IEEE TIP 30 (2021)',
  formula: '`Σk relu(G[k]) · A[k]`',
  cost: 'gradient',
  needs: ['activations', 'gradients'],
  classAgnostic: false,
  map: (k, { activations, gradients }) => ({ map: k.channelSum(k.multiply(k.relu(gradients), activations)) }),
};
