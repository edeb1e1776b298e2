import { minMax } from './min-max.js';
import { rescale } from './rescale.js';
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
  const pixels = H * W;
  const masked = new Float64Array(channels.length * colours * pixels);
  for (let j = 0; j < channels.length; j++) {
    const channel = layer.subarray(channels[j] * h * w, (channels[j] + 1) * h * w);
    const map = resizeBilinear(channel, [1, h, w], [H, W]);
    const mask = rescale(map, minMax(map, [1, H, W]), [1, H, W]);
    for (let i = 0; i < colours * pixels; i++)
      masked[j * colours * pixels + i] = factor * input[i] * mask[i % pixels];
  }
  return masked;
}
