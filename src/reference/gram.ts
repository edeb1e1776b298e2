/**
 * Inner products of the columns (`positions`) or rows (`channels`) of each image's `k × p` matrix, in
 * float64; each is computed once, the matrix is symmetric.
 */
export function gram(
  x: ArrayLike<number>,
  [n, k, p]: readonly [number, number, number],
  of: 'positions' | 'channels',
): Float64Array {
  const [items, terms] = of === 'positions' ? [p, k] : [k, p];
  const [itemStep, termStep] = of === 'positions' ? [1, p] : [p, 1];
  const products = new Float64Array(n * items * items);
  for (let image = 0; image < n; image++) {
    const [first, to] = [image * k * p, image * items * items];
    for (let i = 0; i < items; i++)
      for (let j = 0; j <= i; j++) {
        let [a, b, sum] = [first + i * itemStep, first + j * itemStep, 0];
        for (let t = 0; t < terms; t++, a += termStep, b += termStep) sum += x[a] * x[b];
        products[to + i * items + j] = sum;
        products[to + j * items + i] = sum;
      }
  }
  return products;
}
