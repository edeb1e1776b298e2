import { alignSign } from './align-sign.js';
import { svd } from './svd.js';

export interface Component {
  /** `[n, p]` */
  readonly map: Float64Array;
  /** `(λ₁ - λ₂) / λ₁`, the smallest among the images that are not all zero. */
  readonly gap: number;
}

/**
 * Projection of each image's `p × k` matrix (given as `[n, k, p]`) on its first principal component, by full
 * SVD, signed like `Σ_k x`.
 */
export function firstComponent(
  x: ArrayLike<number>,
  [n, k, p]: readonly [number, number, number],
): Component {
  const map = new Float64Array(n * p);
  const toward = new Float64Array(n * p);
  let gap = 1;
  for (let image = 0; image < n; image++) {
    const matrix = Float64Array.from({ length: k * p }, (_, i) => x[image * k * p + i]);
    for (let i = 0; i < k * p; i++) toward[image * p + (i % p)] += matrix[i];
    const { sigma, right } = svd(matrix, k, p); // rows are channels: the right vector is the positions'
    for (let i = 0; i < p; i++) map[image * p + i] = sigma[0] * right[i];
    if (sigma[0] > 0) gap = Math.min(gap, 1 - (sigma[1] / sigma[0]) ** 2);
  }
  return { map: alignSign(map, toward, n), gap };
}
