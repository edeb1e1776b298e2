/** Minimum and maximum of each image, `[n, 2]`. */
export function minMax(x: ArrayLike<number>, [n, h, w]: readonly [number, number, number]): Float64Array {
  const range = new Float64Array(n * 2);
  for (let image = 0; image < n; image++) {
    let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    for (let p = image * h * w; p < (image + 1) * h * w; p++) {
      if (x[p] < low) low = x[p];
      if (x[p] > high) high = x[p];
    }
    range[image * 2] = low;
    range[image * 2 + 1] = high;
  }
  return range;
}
