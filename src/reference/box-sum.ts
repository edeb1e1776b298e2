/** Sum over an R×R window of offsets `-floor((R-1)/2) .. floor(R/2)`, zero outside, in float64. */
export function boxSum(
  x: ArrayLike<number>,
  [planes, h, w]: readonly [number, number, number],
  region: number,
): Float64Array {
  const before = Math.floor((region - 1) / 2);
  const after = Math.floor(region / 2);
  const sums = new Float64Array(planes * h * w);
  for (let plane = 0; plane < planes; plane++)
    for (let y = 0; y < h; y++)
      for (let column = 0; column < w; column++) {
        let sum = 0;
        for (let r = Math.max(0, y - before); r <= Math.min(h - 1, y + after); r++)
          for (let c = Math.max(0, column - before); c <= Math.min(w - 1, column + after); c++)
            sum += x[(plane * h + r) * w + c];
        sums[(plane * h + y) * w + column] = sum;
      }
  return sums;
}
