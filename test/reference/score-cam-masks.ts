import { resizeBilinear } from './resize-bilinear.js';

/**
 * `masked[j, c, p] = factor · input[c, p] · minmax(resize(layer[channels[j]]))[p]` in float64; 0 for a flat
 * channel.
 */
export function scoreCamMasks(
  input: ArrayLike<number>,
  layer: Float32Array,
  [colours, H, W]: readonly [number, number, number],
  [h, w]: readonly [number, number],
  channels: ArrayLike<number>,
  factor: number,
): Float64Array {
  const masked = new Float64Array(channels.length * colours * H * W);
  Array.from(channels).forEach((channel, j) => {
    const map = resizeBilinear(layer.subarray(channel * h * w, (channel + 1) * h * w), [1, h, w], [H, W]);
    const low = map.reduce((a, b) => Math.min(a, b));
    const high = map.reduce((a, b) => Math.max(a, b));
    for (let c = 0; c < colours; c++)
      for (let p = 0; p < H * W; p++) {
        const mask = high > low ? (map[p] - low) / (high - low) : 0;
        masked[(j * colours + c) * H * W + p] = factor * input[c * H * W + p] * mask;
      }
  });
  return masked;
}
