import { svd } from './svd.js';

/**
 * `√λ · u` of the leading eigenpair of each symmetric positive semidefinite `m × m` matrix, of either sign,
 * by full SVD.
 */
export function principalComponent(gram: ArrayLike<number>, n: number, m: number): Float64Array {
  const component = new Float64Array(n * m);
  for (let image = 0; image < n; image++) {
    const matrix = Float64Array.from({ length: m * m }, (_, i) => gram[image * m * m + i]);
    const { sigma, left } = svd(matrix, m, m);
    component.set(
      left.map((value) => value * Math.sqrt(sigma[0])),
      image * m,
    );
  }
  return component;
}
