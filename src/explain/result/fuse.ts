/** `minmax` of the mean of the layers' saliencies; one layer's own saliency is returned as it is. */
export function fuse(layers: readonly Float32Array[]): Float32Array {
  if (layers.length === 1) return layers[0];
  const mean = layers[0].map((_, p) => layers.reduce((sum, layer) => sum + layer[p], 0) / layers.length);
  let lo = Number.POSITIVE_INFINITY;
  let hi = Number.NEGATIVE_INFINITY;
  for (const value of mean) {
    lo = Math.min(lo, value);
    hi = Math.max(hi, value);
  }
  return hi > lo ? mean.map((value) => (value - lo) / (hi - lo)) : mean.fill(0);
}
