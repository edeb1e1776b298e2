/** From coarse map to saliency, for every method alike. */

import type { Builder, Value } from '../gradients/builder.js';
import { largest, smallest } from './extremes.js';

/** A narrower range is flat: float32's smallest normal number. */
const FLAT = 2 ** -126;

/**
 * `minmax(upsample(relu(map)))`, `[n, H, W]`; a flat map becomes all 0.
 * @param map `[n, 1, h, w]`
 * @param size int64 `[n, 1, H, W]` as a vector; as the map where it is missing.
 */
export function saliencyOf(b: Builder, map: Value, size: Value | undefined): Value {
  const positive = b.op('Relu', [map]);
  const upsampled = size
    ? b.op('Resize', [positive, undefined, undefined, size], {
        mode: 'linear',
        coordinate_transformation_mode: 'half_pixel',
      })
    : positive;
  const lo = smallest(b, upsampled);
  const range = b.sub(largest(b, upsampled), lo);
  const isFlat = b.op('LessOrEqual', [range, b.scalar(FLAT)]);
  const scaled = b.div(b.sub(upsampled, lo), b.op('Where', [isFlat, b.scalar(1), range]));
  const shown = b.op('Where', [isFlat, b.scalar(0), scaled]);
  return b.op('Squeeze', [b.stated(shown, upsampled.shape), b.ints([1])]);
}
