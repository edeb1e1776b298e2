/** `share[n, k, p] = exp(x[n, k, p]) / Σ_j exp(x[n, j, p])` in float64. */
export function channelSoftmax(
  x: ArrayLike<number>,
  [n, k, p]: readonly [number, number, number],
): Float64Array {
  const share = new Float64Array(n * k * p);
  for (let image = 0; image < n; image++)
    for (let at = 0; at < p; at++) {
      const index = (channel: number) => (image * k + channel) * p + at;
      const values = Array.from({ length: k }, (_, channel) => x[index(channel)]);
      const largest = Math.max(...values);
      const sum = values.reduce((total, value) => total + Math.exp(value - largest), 0);
      values.forEach((value, channel) => {
        share[index(channel)] = Math.exp(value - largest) / sum;
      });
    }
  return share;
}
