/** Methods for global average pooling and a linear layer behind the target layer. */

import type { Builder, Value } from '../gradients/builder.js';
import { type BakedMethod, overPositions, weightedSum } from './method.js';

/** CAM: `Σ_k W[c, k] · A[k]`. Zhou et al., arXiv:1512.04150, eq. 2. */
const cam: BakedMethod = {
  classAgnostic: false,
  readsLayer: true,
  map: (given) => weightedSum(given, given.classWeights()),
};

/**
 * infoCAM: `boxsum_R(Σ_k (W[c, k] - mean_{c'≠c} W[c', k]) · A[k])`. The mean over all classes does as well as
 * that over the others: the difference only shrinks by (C - 1) / C. Qin et al., "Informative class activation
 * maps", §2.2.
 */
const infoCam: BakedMethod = {
  classAgnostic: false,
  readsLayer: true,
  map: (given) => boxSum(given.b, weightedSum(given, given.classWeights(true)), given.region),
};

/**
 * Ablation-CAM: `w[k] = (S - S_k) / |S|`, which behind a linear tail is `W[c, k] · mean(A[k]) / |S|`.
 * Desai & Ramaswamy, WACV 2020, eq. 2-3.
 */
const ablationCam: BakedMethod = {
  classAgnostic: false,
  readsLayer: true,
  map: (given) => {
    const { b, activations } = given;
    return weightedSum(given, b.mul(given.classWeights(), overPositions(b, activations)));
  },
};

/**
 * Sum over R × R positions, offsets `-floor((R-1)/2) .. floor(R/2)`, zero outside; as a mean, which is the
 * same up to R².
 */
function boxSum(b: Builder, map: Value, region: number): Value {
  if (region === 1) return map;
  const [before, after] = [Math.floor((region - 1) / 2), Math.floor(region / 2)];
  return b.op('AveragePool', [map], {
    kernel_shape: [region, region],
    pads: [before, before, after, after],
    count_include_pad: 1,
  });
}

export const linearMethods = {
  cam,
  'info-cam': infoCam,
  'ablation-cam': ablationCam,
} satisfies Record<string, BakedMethod>;
