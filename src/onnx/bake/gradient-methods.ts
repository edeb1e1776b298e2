/** The Grad-CAM family: weights made of gradients. */

import { type BakedMethod, overPositions, weightedSum } from './method.js';

/** A sum below this share of its terms' magnitudes is what rounding leaves of 0. */
const ROUNDING = 2 ** -21;

/** `Σ_k mean(G[k]) · A[k]`; the sum stands for the mean. Selvaraju et al., arXiv:1610.02391, eq. 1-2. */
const gradCam: BakedMethod = {
  classAgnostic: false,
  map: (given) => weightedSum(given, overPositions(given.b, given.gradients())),
};

/**
 * `w[k] = Σ relu(G) / (2 + ΣA[k] · G)`, 0 where the denominator is: `α = G² / (2 G² + ΣA[k] · G³)` without
 * what cancels. Chattopadhay et al., arXiv:1710.11063.
 */
const gradCamPlusPlus: BakedMethod = {
  classAgnostic: false,
  map: (given) => {
    const { b, activations } = given;
    const gradients = given.gradients();
    const denominator = b.add(b.mul(overPositions(b, activations), gradients), b.scalar(2));
    const isZero = b.op('Equal', [denominator, b.scalar(0)]);
    const terms = b.div(b.op('Relu', [gradients]), b.op('Where', [isZero, b.scalar(1), denominator]));
    return weightedSum(given, overPositions(b, b.where(b.op('Not', [isZero]), terms)));
  },
};

/** `w[k] = Σ(G[k] · A[k]) / ΣA[k]`, 0 where ΣA[k] = 0. Fu et al., arXiv:2008.02312. */
const xgradCam: BakedMethod = {
  classAgnostic: false,
  map: (given) => {
    const { b, activations } = given;
    const sum = overPositions(b, activations);
    const noise = b.scale(overPositions(b, b.op('Abs', [activations])), ROUNDING);
    const isSum = b.op('Greater', [b.op('Abs', [sum]), noise]);
    const product = overPositions(b, b.mul(given.gradients(), activations));
    const quotient = b.div(product, b.op('Where', [isSum, sum, b.scalar(1)]));
    return weightedSum(given, b.where(isSum, quotient));
  },
};

/** `Σ_k G[k] · A[k]`, position by position. Draelos & Carin, arXiv:2011.08891. */
const hiresCam: BakedMethod = {
  classAgnostic: false,
  map: (given) => weightedSum(given, given.gradients()),
};

/** `Σ_k relu(G[k]) · A[k]`, position by position. Jiang et al., IEEE TIP 30 (2021), 5875-5888. */
const layerCam: BakedMethod = {
  classAgnostic: false,
  map: (given) => weightedSum(given, given.b.op('Relu', [given.gradients()])),
};

export const gradientMethods = {
  'grad-cam': gradCam,
  'grad-cam++': gradCamPlusPlus,
  'xgrad-cam': xgradCam,
  'hires-cam': hiresCam,
  'layer-cam': layerCam,
} satisfies Record<string, BakedMethod>;
