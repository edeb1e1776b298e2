/** `map[n, p] = Σ_k weights[n, k] · activations[n, k, p]` in float64. */
export function weightedSum(
  activations: ArrayLike<number>,
  weights: ArrayLike<number>,
  [n, k, h, w]: readonly [number, number, number, number],
): Float64Array {
  const map = new Float64Array(n * h * w);
  for (let image = 0; image < n; image++)
    for (let channel = 0; channel < k; channel++)
      for (let p = 0; p < h * w; p++) {
        const nk = image * k + channel;
        map[image * h * w + p] += weights[nk] * activations[nk * h * w + p];
      }
  return map;
}
