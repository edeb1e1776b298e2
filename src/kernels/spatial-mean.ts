import { spatialMean as shader } from '../generated/shaders.js';
import { defineKernel, linearGrid, rank4 } from './define.js';

/**
 * Mean of each channel over its positions: `mean[n, k] = Σ_yx x[n, k, y, x] / (h · w)`.
 *
 * x `[n, k, h, w]` → `[n, k]`; units are those of x. Within 3e-6 of the channel's mean magnitude (the mean of
 * `|x|`) up to 128×128 positions: where a channel cancels, that is what rounding is relative to. Grad-CAM
 * (arXiv:1610.02391) eq. 1.
 * @throws {CamError} `shape` when x is not `[n, k, h, w]`.
 */
export const spatialMean = defineKernel(shader, { x: 4, mean: 2 }, ({ x }) => {
  const [n, k, h, w] = rank4('spatialMean: x', x);
  return {
    params: { planes: n * k, positions: h * w },
    output: [n, k],
    workgroups: linearGrid(n * k, 1), // one workgroup per channel
  };
});
