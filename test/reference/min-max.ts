/** Minimum and maximum of each image, `[n, 2]`. */
export function minMax(x: ArrayLike<number>, [n, h, w]: readonly [number, number, number]): Float64Array {
  const range = new Float64Array(n * 2);
  for (let image = 0; image < n; image++) {
    const plane = Array.from({ length: h * w }, (_, p) => x[image * h * w + p]);
    range[image * 2] = plane.reduce((a, b) => Math.min(a, b));
    range[image * 2 + 1] = plane.reduce((a, b) => Math.max(a, b));
  }
  return range;
}
