/** `y[i] = max(x[i], 0)`. */
export function relu(x: ArrayLike<number>): Float64Array {
  return Float64Array.from(x, (value) => Math.max(value, 0));
}
