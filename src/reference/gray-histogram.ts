/** Counts of grey values, 0 to 255, in `bins` bins of equal width, of each of `n` images: `[n, bins]`. */
export function grayHistogram(gray: ArrayLike<number>, n: number, bins: number): Uint32Array {
  const pixels = gray.length / n;
  const counts = new Uint32Array(n * bins);
  for (let image = 0; image < n; image++)
    for (let p = image * pixels; p < (image + 1) * pixels; p++)
      counts[image * bins + Math.floor((gray[p] * bins) / 256)]++;
  return counts;
}
