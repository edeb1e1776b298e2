/** `share[n, p] = x[n, p] / Σ_q x[n, q]` in float64, 0 where the sum is 0. */
export function share(x: ArrayLike<number>, [n, p]: readonly [number, number]): Float64Array {
  const result = new Float64Array(n * p);
  for (let image = 0; image < n; image++) {
    let sum = 0;
    for (let at = 0; at < p; at++) sum += x[image * p + at];
    for (let at = 0; at < p; at++) result[image * p + at] = sum === 0 ? 0 : x[image * p + at] / sum;
  }
  return result;
}
