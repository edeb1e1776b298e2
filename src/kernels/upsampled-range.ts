import { upsampledRange as shader } from '../generated/shaders.js';
import { defineKernel, MAX_WORKGROUPS, rank4 } from './define.js';
import { resizeBilinear } from './resize-bilinear.js';

/**
 * Smallest and largest value of each channel as `resizeBilinear` would give it, without making it.
 *
 * x `[n, k, h, w]`, size `[H, W]` → `[n, k, 2]`; units are those of x. Within 1e-6 of the largest magnitude
 * of x.
 * @throws {CamError} `shape` when x is not `[n, k, h, w]`, or for a size that `resizeBilinear` refuses.
 */
export const upsampledRange = defineKernel(
  shader,
  { x: 4, range: 3 },
  ({ x }, size: readonly [number, number]) => {
    const [n, k, h, w] = rank4('upsampledRange: x', x);
    const { height, width, outHeight, outWidth, unitY, unitX } = resizeBilinear.plan(
      { x: [n * k, h, w] },
      size,
    ).params;
    return {
      params: { planes: n * k, height, width, outHeight, outWidth, unitY, unitX },
      output: [n, k, 2],
      workgroups: [Math.min(n * k, MAX_WORKGROUPS), 1, 1],
    };
  },
);
