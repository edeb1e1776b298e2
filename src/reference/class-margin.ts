/** `margin[n, p] = Σ_c choice[n, c] · x[n, c, p] - min_c x[n, c, p]` in float64. */
export function classMargin(
  x: ArrayLike<number>,
  choice: ArrayLike<number>,
  [n, c, p]: readonly [number, number, number],
): Float64Array {
  const margin = new Float64Array(n * p);
  for (let image = 0; image < n; image++)
    for (let at = 0; at < p; at++) {
      let [sum, least] = [0, Number.POSITIVE_INFINITY];
      for (let k = image * c; k < (image + 1) * c; k++) {
        sum += choice[k] * x[k * p + at];
        least = Math.min(least, x[k * p + at]);
      }
      margin[image * p + at] = sum - least;
    }
  return margin;
}
