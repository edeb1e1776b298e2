/**
 * Inner products of the columns (`positions`) or rows (`channels`) of each image's `k × p` matrix, in
 * float64.
 */
export function gram(
  x: ArrayLike<number>,
  [n, k, p]: readonly [number, number, number],
  of: 'positions' | 'channels',
): Float64Array {
  const items = of === 'positions' ? p : k;
  const terms = of === 'positions' ? k : p;
  const at = (image: number, item: number, term: number) =>
    x[image * k * p + (of === 'positions' ? term * p + item : item * p + term)];
  const result = new Float64Array(n * items * items);
  for (let image = 0; image < n; image++) {
    for (let i = 0; i < items; i++) {
      for (let j = 0; j < items; j++) {
        let sum = 0;
        for (let t = 0; t < terms; t++) sum += at(image, i, t) * at(image, j, t);
        result[(image * items + i) * items + j] = sum;
      }
    }
  }
  return result;
}
