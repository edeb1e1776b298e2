/**
 * Copies of an image `[c, pixels]`: pixels whose rank lies in the copy's span `[from, to)` are the
 * baseline's. `spans` is `[m, 2]`.
 */
export function replaceRanked(
  image: ArrayLike<number>,
  baseline: ArrayLike<number>,
  ranks: ArrayLike<number>,
  spans: ArrayLike<number>,
): Float64Array {
  const copies = spans.length / 2;
  const replaced = new Float64Array(copies * image.length);
  for (let s = 0; s < copies; s++)
    for (let i = 0; i < image.length; i++) {
      const rank = ranks[i % ranks.length];
      const isTaken = rank >= spans[2 * s] && rank < spans[2 * s + 1];
      replaced[s * image.length + i] = isTaken ? baseline[i] : image[i];
    }
  return replaced;
}
