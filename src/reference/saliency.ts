import { minMax } from './min-max.js';
import { relu } from './relu.js';
import { rescale } from './rescale.js';
import { resizeBilinear } from './resize-bilinear.js';

/** `relu(map)`, resized to `[H, W]`, each image's own range taken to 0..1, in float64; 0 where flat. */
export function saliency(
  map: ArrayLike<number>,
  [n, h, w]: readonly [number, number, number],
  [H, W]: readonly [number, number],
): Float64Array {
  const up = resizeBilinear(relu(map), [n, h, w], [H, W]);
  return rescale(up, minMax(up, [n, H, W]), [n, H, W]);
}
