/** `margin[n, p] = Σ_c choice[n, c] · x[n, c, p] - min_c x[n, c, p]` in float64. */
export function classMargin(
  x: ArrayLike<number>,
  choice: ArrayLike<number>,
  [n, c, p]: readonly [number, number, number],
): Float64Array {
  return Float64Array.from({ length: n * p }, (_, i) => {
    const image = Math.floor(i / p);
    const values = Array.from({ length: c }, (_, k) => x[(image * c + k) * p + (i % p)]);
    return values.reduce((sum, value, k) => sum + choice[image * c + k] * value, 0) - Math.min(...values);
  });
}
