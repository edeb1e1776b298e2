/** `share[n, k, p] = exp(x[n, k, p]) / Σ_j exp(x[n, j, p])` in float64. */
export function channelSoftmax(
  x: ArrayLike<number>,
  [n, k, p]: readonly [number, number, number],
): Float64Array {
  const share = new Float64Array(n * k * p);
  for (let first = 0; first < n * k * p; first += k * p)
    for (let at = first; at < first + p; at++) {
      let largest = Number.NEGATIVE_INFINITY;
      for (let i = at; i < first + k * p; i += p) largest = Math.max(largest, x[i]);
      let sum = 0;
      for (let i = at; i < first + k * p; i += p) sum += Math.exp(x[i] - largest);
      for (let i = at; i < first + k * p; i += p) share[i] = Math.exp(x[i] - largest) / sum;
    }
  return share;
}
