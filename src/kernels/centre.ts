import { centre as shader } from '../generated/shaders.js';
import { defineKernel, linearGrid, rank4 } from './define.js';

/**
 * Each channel less its mean over the positions: `centred = x - Σ_yx x / (h · w)`.
 *
 * x `[n, k, h, w]` → the same shape and units; a constant channel becomes 0. Within 3e-7 of the channel's
 * largest deviation and 3e-14 of its mean (wasm: rounded once).
 * @throws {CamError} `shape` when x is not `[n, k, h, w]`.
 */
export const centre = defineKernel(shader, { x: 4, centred: 4 }, ({ x }) => {
  const [n, k, h, w] = rank4('centre: x', x);
  return {
    params: { planes: n * k, positions: h * w },
    output: [n, k, h, w],
    workgroups: linearGrid(n * k, 1), // one workgroup per channel
  };
});
