/** Sum over an R×R window of offsets `-floor((R-1)/2) .. floor(R/2)`, zero outside, in float64. */
export function boxSum(
  x: ArrayLike<number>,
  [planes, h, w]: readonly [number, number, number],
  region: number,
): Float64Array {
  const before = Math.floor((region - 1) / 2);
  const after = Math.floor(region / 2);
  const sum = new Float64Array(planes * h * w);
  for (let plane = 0; plane < planes; plane++)
    for (let y = 0; y < h; y++)
      for (let column = 0; column < w; column++)
        for (let dy = -before; dy <= after; dy++)
          for (let dx = -before; dx <= after; dx++) {
            const [r, c] = [y + dy, column + dx];
            if (r >= 0 && r < h && c >= 0 && c < w)
              sum[(plane * h + y) * w + column] += x[(plane * h + r) * w + c];
          }
  return sum;
}
