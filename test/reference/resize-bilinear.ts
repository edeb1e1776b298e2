/** Linear interpolation at `(i + 1/2) · in/out - 1/2` along both axes, edges clamped, in float64. */
export function resizeBilinear(
  x: ArrayLike<number>,
  [n, h, w]: readonly [number, number, number],
  [H, W]: readonly [number, number],
): Float64Array {
  const y = new Float64Array(n * H * W);
  for (let image = 0; image < n; image++)
    for (let Y = 0; Y < H; Y++)
      for (let X = 0; X < W; X++) {
        const [y0, y1, ty] = neighbours(Y, h, H);
        const [x0, x1, tx] = neighbours(X, w, W);
        const at = (row: number, column: number) => x[(image * h + row) * w + column];
        y[(image * H + Y) * W + X] =
          (1 - ty) * ((1 - tx) * at(y0, x0) + tx * at(y0, x1)) +
          ty * ((1 - tx) * at(y1, x0) + tx * at(y1, x1));
      }
  return y;
}

function neighbours(i: number, size: number, outSize: number): [number, number, number] {
  const at = Math.min(Math.max(((i + 0.5) * size) / outSize - 0.5, 0), size - 1);
  const first = Math.floor(at);
  return [first, Math.min(first + 1, size - 1), at - first];
}
