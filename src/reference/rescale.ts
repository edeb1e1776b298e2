/** `(x - min) / (max - min)` per image, clamped to 0..1; 0 where max = min. `range` is `[n, 2]`. */
export function rescale(
  x: ArrayLike<number>,
  range: ArrayLike<number>,
  [n, h, w]: readonly [number, number, number],
): Float64Array {
  const scaled = new Float64Array(n * h * w);
  for (let image = 0; image < n; image++) {
    const [low, high] = [range[2 * image], range[2 * image + 1]];
    if (high === low) continue;
    for (let p = image * h * w; p < (image + 1) * h * w; p++)
      scaled[p] = Math.min(Math.max((x[p] - low) / (high - low), 0), 1);
  }
  return scaled;
}
