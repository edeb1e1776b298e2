import type { Backend, Tensor } from '../backends/backend.js';
import { resizeGray } from '../image/index.js';
import type { Memory } from './memory.js';
import type { Prepared } from './prepare.js';

/**
 * Grey values of a batch for the kernels, `[n, h, w]`.
 * @param resolution  Longest side in pixels; the network's input where it is no longer, or nothing is said.
 */
export function uploadGray(
  images: readonly Prepared[],
  resolution: number | undefined,
  { backend, memory }: { readonly backend: Backend; readonly memory: Memory },
): Tensor<3, 'uint32'> {
  const [, height, width] = images[0].shape;
  const factor = Math.min(1, (resolution ?? Number.POSITIVE_INFINITY) / Math.max(height, width));
  const [h, w] = [height, width].map((side) => Math.max(1, Math.round(side * factor)));
  const room = memory.take(images.length * h * w);
  const data = new Uint32Array(room.buffer, 0, room.length);
  images.forEach(({ gray }, n) => {
    data.set(factor < 1 ? resizeGray(gray(), [height, width], [h, w]) : gray(), n * h * w);
  });
  const uploaded = backend.upload(data, [images.length, h, w], 'uint32');
  memory.give(room);
  return uploaded;
}
