/**
 * Copies of an image `[c, pixels]`: pixels whose rank lies in the copy's span `[from, to)` are the
 * baseline's.
 */
export function replaceRanked(
  image: ArrayLike<number>,
  baseline: ArrayLike<number>,
  ranks: ArrayLike<number>,
  spans: readonly (readonly [from: number, to: number])[],
): Float32Array {
  const copies = spans.map(([from, to]) =>
    Array.from(image, (value, i) => {
      const rank = ranks[i % ranks.length];
      return rank >= from && rank < to ? baseline[i] : value;
    }),
  );
  return Float32Array.from(copies.flat());
}
