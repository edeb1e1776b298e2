/** `scaled[c, p] = weights[c] · x[c, p]` for the channels of all images, in float64. */
export function scaleChannels(
  x: ArrayLike<number>,
  weights: ArrayLike<number>,
  positions: number,
): Float64Array {
  const scaled = new Float64Array(x.length);
  for (let c = 0; c < weights.length; c++)
    for (let i = c * positions; i < (c + 1) * positions; i++) scaled[i] = weights[c] * x[i];
  return scaled;
}
