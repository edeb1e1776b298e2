/** `y[i] = log(1 + exp(x[i]))` in float64, without overflow. */
export function softplus(x: ArrayLike<number>): Float64Array {
  const y = new Float64Array(x.length);
  for (let i = 0; i < x.length; i++) y[i] = Math.max(x[i], 0) + Math.log1p(Math.exp(-Math.abs(x[i])));
  return y;
}
