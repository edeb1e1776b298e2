/** Linear interpolation at `(i + 1/2) · in/out - 1/2` along both axes, edges clamped, in float64. */
export function resizeBilinear(
  x: ArrayLike<number>,
  [n, h, w]: readonly [number, number, number],
  [H, W]: readonly [number, number],
): Float64Array {
  const resized = new Float64Array(n * H * W);
  for (let image = 0; image < n; image++)
    for (let Y = 0; Y < H; Y++) {
      const y = Math.min(Math.max(((Y + 0.5) * h) / H - 0.5, 0), h - 1);
      const above = (image * h + Math.floor(y)) * w;
      const below = (image * h + Math.min(Math.floor(y) + 1, h - 1)) * w;
      const ty = y - Math.floor(y);
      for (let X = 0; X < W; X++) {
        const column = Math.min(Math.max(((X + 0.5) * w) / W - 0.5, 0), w - 1);
        const left = Math.floor(column);
        const right = Math.min(left + 1, w - 1);
        const tx = column - left;
        resized[(image * H + Y) * W + X] =
          (1 - ty) * ((1 - tx) * x[above + left] + tx * x[above + right]) +
          ty * ((1 - tx) * x[below + left] + tx * x[below + right]);
      }
    }
  return resized;
}
