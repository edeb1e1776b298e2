import { grayHistogram as shader } from '../generated/shaders.js';
import { type Bins, expectBins } from './bins.js';
import { ceilDiv, defineKernel, MAX_WORKGROUPS, rank3 } from './define.js';

// One workgroup's share: 16 pixels per invocation.
const PIXELS = 16 * shader.workgroup;

/**
 * Counts the grey values of each image in bins of equal width:
 * `counts[n, b] = #{ p : gray[n, p] >> (8 - log2 bins) = b }`.
 *
 * gray uint32 `[n, H, W]`, 0 to 255 (higher bits are ignored) → uint32 `[n, bins]`; exact.
 * @throws {CamError} `shape` when gray is not `[n, H, W]`; `option` for other than 32, 64, 128 or 256 bins.
 */
export const grayHistogram = defineKernel(shader, { gray: 3, counts: 2 }, ({ gray }, bins: Bins) => {
  const [n, h, w] = rank3('grayHistogram: gray', gray);
  expectBins('grayHistogram', bins);
  return {
    params: { batch: n, pixels: h * w, bins, shift: 8 - Math.log2(bins) },
    output: [n, bins],
    workgroups: [Math.min(ceilDiv(h * w, PIXELS), MAX_WORKGROUPS), n, 1],
  };
});
