import { channelSoftmax as shader } from '../generated/shaders.js';
import { ceilDiv, defineKernel, linearGrid, POSITIONS, rank4 } from './define.js';

/**
 * Softmax over the channels at each position:
 * `share[n, k, y, x] = exp(x[n, k, y, x]) / Σ_j exp(x[n, j, y, x])`.
 *
 * x `[n, k, h, w]` → the same shape, 0..1, adding up to 1 at each position. Within 1e-5; the largest value is
 * taken off first, so that none overflows.
 * @throws {CamError} `shape` when x is not `[n, k, h, w]`.
 */
export const channelSoftmax = defineKernel(shader, { x: 4, share: 4 }, ({ x }) => {
  const [n, k, h, w] = rank4('channelSoftmax: x', x);
  return {
    params: { batch: n, channels: k, positions: h * w },
    output: [n, k, h, w],
    workgroups: linearGrid(n * ceilDiv(h * w, POSITIONS), 1),
  };
});
