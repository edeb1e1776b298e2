import { alignSign } from './align-sign.js';
import { channelSum } from './channel-sum.js';
import { gram } from './gram.js';
import { principalComponent } from './principal-component.js';

/**
 * Projection of each image's positions, `[n, k, p]` a matrix `p × k`, on its first principal component, in
 * float64, of the sign of `Σ_k x`.
 */
export function firstComponent(
  x: ArrayLike<number>,
  [n, k, p]: readonly [number, number, number],
): Float64Array {
  const products = gram(x, [n, k, p], 'positions');
  return alignSign(principalComponent(products, n, p), channelSum(x, [n, k, 1, p]), n);
}
