import { saliency as shader } from '../generated/shaders.js';
import { ceilDiv, defineKernel, rank3 } from './define.js';
import { resizeBilinear } from './resize-bilinear.js';

// Of one workgroup, as far as the grid has one for each image: it finds the range before it writes any.
const PIXELS = 4096;

/**
 * What people are shown of a map: `relu`, `resizeBilinear` to `size` `[H, W]`, `rescale` to 0..1 by its own
 * range.
 *
 * map `[n, h, w]` → `[n, H, W]`, 0 to 1, all 0 where the upsampled map is flat; its least value is 0, its
 * largest 1. Within 1e-6 of the largest, relative to the range.
 * @throws {CamError} `shape` as `resizeBilinear`.
 */
export const saliency = defineKernel(
  shader,
  { map: 3, saliency: 3 },
  ({ map }, size: readonly [number, number]) => {
    const [n] = rank3('saliency: map', map);
    const { params, output } = resizeBilinear.plan({ x: map }, size);
    return { params, output, workgroups: [ceilDiv(size[0] * size[1], PIXELS), n, 1] };
  },
);
