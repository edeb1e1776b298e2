/** `(x - min) / (max - min)` per image, clamped to 0..1; 0 where max = min. `range` is `[n, 2]`. */
export function rescale(
  x: ArrayLike<number>,
  range: ArrayLike<number>,
  [n, h, w]: readonly [number, number, number],
): Float64Array {
  return Float64Array.from({ length: n * h * w }, (_, i) => {
    const image = Math.floor(i / (h * w));
    const [lo, hi] = [range[image * 2], range[image * 2 + 1]];
    return hi === lo ? 0 : Math.min(Math.max((x[i] - lo) / (hi - lo), 0), 1);
  });
}
