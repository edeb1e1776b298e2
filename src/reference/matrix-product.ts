/** `product[n, r, p] = Σ_k weights[r, k] · x[n, k, p]` in float64. */
export function matrixProduct(
  x: ArrayLike<number>,
  weights: ArrayLike<number>,
  [n, r, k, p]: readonly [number, number, number, number],
): Float64Array {
  const product = new Float64Array(n * r * p);
  for (let image = 0; image < n; image++)
    for (let row = 0; row < r; row++)
      for (let term = 0; term < k; term++) {
        const weight = weights[row * k + term];
        const [from, to] = [(image * k + term) * p, (image * r + row) * p];
        for (let at = 0; at < p; at++) product[to + at] += weight * x[from + at];
      }
  return product;
}
