/** `y[i] = log(1 + exp(x[i]))` in float64, without overflow. */
export function softplus(x: ArrayLike<number>): Float64Array {
  return Float64Array.from(x, (value) => Math.max(value, 0) + Math.log1p(Math.exp(-Math.abs(value))));
}
