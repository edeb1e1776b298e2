/** `product = x · y` in float64. */
export function multiply(x: ArrayLike<number>, y: ArrayLike<number>): Float64Array {
  const product = new Float64Array(x.length);
  for (let i = 0; i < x.length; i++) product[i] = x[i] * y[i];
  return product;
}
