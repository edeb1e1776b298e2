import { alignSign } from '../src/reference/align-sign.js';
import { channelSum } from '../src/reference/channel-sum.js';
import { svd } from './svd.js';

export interface Component {
  /** `[n, p]` */
  readonly map: Float64Array;
  /** `(λ₁ - λ₂) / λ₁`, the smallest among the images that are not all zero. */
  readonly gap: number;
}

/**
 * The reference's `firstComponent` by another way, a full singular value decomposition, and how far the first
 * component stands out.
 */
export function svdComponent(x: ArrayLike<number>, [n, k, p]: readonly [number, number, number]): Component {
  const map = new Float64Array(n * p);
  let gap = 1;
  for (let image = 0; image < n; image++) {
    const matrix = Float64Array.from({ length: k * p }, (_, i) => x[image * k * p + i]);
    const { sigma, right } = svd(matrix, k, p); // rows are channels: the right vector is the positions'
    for (let i = 0; i < p; i++) map[image * p + i] = sigma[0] * right[i];
    if (sigma[0] > 0) gap = Math.min(gap, 1 - (sigma[1] / sigma[0]) ** 2);
  }
  return { map: alignSign(map, channelSum(x, [n, k, 1, p]), n), gap };
}
