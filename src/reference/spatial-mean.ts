/** `mean[n, k] = Σ_p x[n, k, p] / (h · w)` in float64. */
export function spatialMean(
  x: ArrayLike<number>,
  [n, k, h, w]: readonly [number, number, number, number],
): Float64Array {
  const mean = new Float64Array(n * k);
  for (let plane = 0; plane < n * k; plane++) {
    for (let p = 0; p < h * w; p++) mean[plane] += x[plane * h * w + p];
    mean[plane] /= h * w;
  }
  return mean;
}
