/**
 * The baseline in JavaScript, as one would write it first: each map is upsampled and stored, its range is
 * computed, then it is binned and counted sample by sample; entropies use logarithms. The same steps as
 * naive/mutual-information.ts.
 */
export function mutualInformation(
  [channels, height, width]: readonly [number, number, number],
  [sampleHeight, sampleWidth]: readonly [number, number],
  bins: number,
  activations: Float32Array,
  gray: Uint32Array,
): Float32Array {
  const samples = sampleHeight * sampleWidth;
  const map = new Float32Array(samples);
  const mi = new Float32Array(channels);
  for (let k = 0; k < channels; k++) {
    const a = k * height * width;
    let lo = Number.POSITIVE_INFINITY;
    let hi = Number.NEGATIVE_INFINITY;
    for (let y = 0; y < sampleHeight; y++) {
      const sy = Math.max(((y + 0.5) * height) / sampleHeight - 0.5, 0);
      const y0 = Math.floor(sy);
      const y1 = Math.min(y0 + 1, height - 1);
      const ty = sy - y0;
      for (let x = 0; x < sampleWidth; x++) {
        const sx = Math.max(((x + 0.5) * width) / sampleWidth - 0.5, 0);
        const x0 = Math.floor(sx);
        const x1 = Math.min(x0 + 1, width - 1);
        const tx = sx - x0;
        const above = activations[a + y0 * width + x0] * (1 - tx) + activations[a + y0 * width + x1] * tx;
        const below = activations[a + y1 * width + x0] * (1 - tx) + activations[a + y1 * width + x1] * tx;
        const value = above * (1 - ty) + below * ty;
        map[y * sampleWidth + x] = value;
        if (value < lo) lo = value;
        if (value > hi) hi = value;
      }
    }
    const joint = new Uint32Array(bins * bins);
    const grayCounts = new Uint32Array(bins);
    const mapCounts = new Uint32Array(bins);
    const scale = hi > lo ? bins / (hi - lo) : 0;
    for (let p = 0; p < samples; p++) {
      const g = Math.floor((gray[p] * bins) / 256);
      const b = Math.min(Math.floor((map[p] - lo) * scale), bins - 1);
      joint[g * bins + b]++;
      grayCounts[g]++;
      mapCounts[b]++;
    }
    mi[k] = entropy(grayCounts, samples) + entropy(mapCounts, samples) - entropy(joint, samples);
  }
  return mi;
}

function entropy(counts: Uint32Array, samples: number): number {
  let sum = 0;
  for (let i = 0; i < counts.length; i++) {
    const p = counts[i] / samples;
    if (p > 0) sum -= p * Math.log(p);
  }
  return sum;
}
