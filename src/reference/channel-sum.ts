/** `map[n, p] = Σ_k x[n, k, p]` in float64. */
export function channelSum(
  x: ArrayLike<number>,
  [n, k, h, w]: readonly [number, number, number, number],
): Float64Array {
  const map = new Float64Array(n * h * w);
  for (let image = 0; image < n; image++)
    for (let channel = 0; channel < k; channel++)
      for (let p = 0; p < h * w; p++) {
        map[image * h * w + p] += x[(image * k + channel) * h * w + p];
      }
  return map;
}
