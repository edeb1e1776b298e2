import type { Tensor } from '../../backends/backend.js';
import { resizeGray } from '../../image/index.js';
import { takes } from '../../methods/takes.js';
import type { Batch } from '../batch.js';
import type { Need, Provided } from './need.js';

/** The picture in grey, at the resolution that each method asks for. */
export const picture: Need = {
  plan: () => ({ open: () => ({ provide: (batch) => new GrayPictures(batch) }) }),
};

class GrayPictures implements Provided {
  /** By resolution. */
  private readonly grays = new Map<number | undefined, Tensor<3, 'uint32'>>();

  constructor(private readonly batch: Batch) {
    for (const method of batch.methods) {
      const resolution = 'resolution' in method ? method.resolution : undefined;
      if (takes(method, 'image') && !this.grays.has(resolution))
        this.grays.set(resolution, uploadGray(batch, resolution));
    }
  }

  inputs({ resolution }: { readonly resolution?: number }) {
    return { image: this.grays.get(resolution) };
  }

  release(): void {
    for (const tensor of this.grays.values()) this.batch.context.backend.release(tensor);
  }
}

/**
 * Grey values of a batch for the kernels, `[n, h, w]`.
 * @param resolution  Longest side in pixels; the network's input where it is no longer, or nothing is said.
 */
function uploadGray(
  { images, context: { backend, memory } }: Batch,
  resolution: number | undefined,
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
