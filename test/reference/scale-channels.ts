/** `scaled[c, p] = weights[c] · x[c, p]` for the channels of all images, rounded to float32. */
export function scaleChannels(
  x: ArrayLike<number>,
  weights: ArrayLike<number>,
  positions: number,
): Float32Array {
  return Float32Array.from(x, (value, i) => weights[Math.floor(i / positions)] * value);
}
