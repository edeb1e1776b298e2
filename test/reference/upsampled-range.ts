import { resizeBilinear } from './resize-bilinear.js';

/** Minimum and maximum of each map resized to `size`, in float64: every sample is made and looked at. */
export function upsampledRange(
  x: ArrayLike<number>,
  [maps, h, w]: readonly [number, number, number],
  size: readonly [number, number],
): Float64Array {
  const samples = size[0] * size[1];
  const resized = resizeBilinear(x, [maps, h, w], size);
  return Float64Array.from({ length: 2 * maps }, (_, i) => {
    const map = resized.subarray(Math.floor(i / 2) * samples, (Math.floor(i / 2) + 1) * samples);
    return i % 2 === 0 ? map.reduce((a, b) => Math.min(a, b)) : map.reduce((a, b) => Math.max(a, b));
  });
}
