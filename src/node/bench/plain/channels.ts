/**
 * Kernels over the channels of one layer in float64 JavaScript, as one writes the formula first. `k` channels
 * of `p` positions; what the kernels' answers are held against, and the baseline that their time is compared
 * with.
 */

type Numbers = ArrayLike<number>;

/** `x` less its channel's mean. */
export function centre(x: Numbers, k: number, p: number): Float64Array {
  const centred = new Float64Array(k * p);
  for (let c = 0; c < k; c++) {
    let sum = 0;
    for (let i = c * p; i < (c + 1) * p; i++) sum += x[i];
    for (let i = c * p; i < (c + 1) * p; i++) centred[i] = x[i] - sum / p;
  }
  return centred;
}

/** `exp(x) / Σ_c exp(x)` at each position. */
export function channelSoftmax(x: Numbers, k: number, p: number): Float64Array {
  const share = new Float64Array(k * p);
  for (let at = 0; at < p; at++) {
    let largest = Number.NEGATIVE_INFINITY;
    for (let c = 0; c < k; c++) largest = Math.max(largest, x[c * p + at]);
    let sum = 0;
    for (let c = 0; c < k; c++) sum += Math.exp(x[c * p + at] - largest);
    for (let c = 0; c < k; c++) share[c * p + at] = Math.exp(x[c * p + at] - largest) / sum;
  }
  return share;
}

/** `Σ_c x`. */
export function channelSum(x: Numbers, k: number, p: number): Float64Array {
  const map = new Float64Array(p);
  for (let c = 0; c < k; c++) for (let at = 0; at < p; at++) map[at] += x[c * p + at];
  return map;
}

/** `Σ_c choice · x - min_c x` at each position. */
export function classMargin(x: Numbers, choice: Numbers, k: number, p: number): Float64Array {
  const margin = new Float64Array(p);
  for (let at = 0; at < p; at++) {
    let [sum, least] = [0, Number.POSITIVE_INFINITY];
    for (let c = 0; c < k; c++) {
      sum += choice[c] * x[c * p + at];
      least = Math.min(least, x[c * p + at]);
    }
    margin[at] = sum - least;
  }
  return margin;
}

/** `Σ_i α · relu(G)`, `α = G² / (2 G² + ΣA · G³)`, of each channel. */
export function gradCamPlusPlusWeights(a: Numbers, g: Numbers, k: number, p: number): Float64Array {
  const weights = new Float64Array(k);
  for (let c = 0; c < k; c++) {
    let sum = 0;
    for (let i = c * p; i < (c + 1) * p; i++) sum += a[i];
    for (let i = c * p; i < (c + 1) * p; i++) {
      const denominator = 2 * g[i] ** 2 + sum * g[i] ** 3;
      if (denominator !== 0) weights[c] += (g[i] ** 2 / denominator) * Math.max(g[i], 0);
    }
  }
  return weights;
}

/** `Σ_t weights[r, t] · x[t, p]`. */
export function matrixProduct(
  x: Numbers,
  weights: Numbers,
  rows: number,
  k: number,
  p: number,
): Float64Array {
  const product = new Float64Array(rows * p);
  for (let r = 0; r < rows; r++)
    for (let t = 0; t < k; t++) {
      const weight = weights[r * k + t];
      for (let at = 0; at < p; at++) product[r * p + at] += weight * x[t * p + at];
    }
  return product;
}

/** Each of `k` channels times its weight. */
export function scaleChannels(x: Numbers, weights: Numbers, k: number, p: number): Float64Array {
  const scaled = new Float64Array(k * p);
  for (let c = 0; c < k; c++) for (let i = c * p; i < (c + 1) * p; i++) scaled[i] = weights[c] * x[i];
  return scaled;
}

/** Mean of each channel. */
export function spatialMean(x: Numbers, k: number, p: number): Float64Array {
  const mean = new Float64Array(k);
  for (let c = 0; c < k; c++) {
    for (let i = c * p; i < (c + 1) * p; i++) mean[c] += x[i];
    mean[c] /= p;
  }
  return mean;
}

/** `Σ_c weights · x`. */
export function weightedSum(x: Numbers, weights: Numbers, k: number, p: number): Float64Array {
  return matrixProduct(x, weights, 1, k, p);
}

/** `Σ G·A / ΣA` of each channel. */
export function xgradWeights(a: Numbers, g: Numbers, k: number, p: number): Float64Array {
  const weights = new Float64Array(k);
  for (let c = 0; c < k; c++) {
    let [products, sum] = [0, 0];
    for (let i = c * p; i < (c + 1) * p; i++) {
      products += g[i] * a[i];
      sum += a[i];
    }
    weights[c] = sum === 0 ? 0 : products / sum;
  }
  return weights;
}
