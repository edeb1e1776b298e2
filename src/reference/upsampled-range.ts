import { minMax } from './min-max.js';
import { resizeBilinear } from './resize-bilinear.js';

/** Minimum and maximum of each map resized to `size`, in float64: every sample is made and looked at. */
export function upsampledRange(
  x: Float32Array,
  [maps, h, w]: readonly [number, number, number],
  [H, W]: readonly [number, number],
): Float64Array {
  const ranges = new Float64Array(2 * maps);
  for (let map = 0; map < maps; map++) {
    const resized = resizeBilinear(x.subarray(map * h * w, (map + 1) * h * w), [1, h, w], [H, W]);
    ranges.set(minMax(resized, [1, H, W]), 2 * map);
  }
  return ranges;
}
