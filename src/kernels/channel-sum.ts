import { channelSum as shader } from '../generated/shaders.js';
import { ceilDiv, defineKernel, linearGrid, POSITIONS, rank4 } from './define.js';

/**
 * Adds up the channels of a layer: `map[n, y, x] = Σ_k x[n, k, y, x]`, always in the same order.
 *
 * x `[n, k, h, w]` → `[n, h, w]`; units are those of x. Within 1e-5 of the largest value of the float64 sum.
 * @throws {CamError} `shape` when x is not `[n, k, h, w]`.
 */
export const channelSum = defineKernel(shader, { x: 4, map: 3 }, ({ x }) => {
  const [n, k, h, w] = rank4('channelSum: x', x);
  return {
    params: { batch: n, channels: k, positions: h * w },
    output: [n, h, w],
    workgroups: linearGrid(n * ceilDiv(h * w, POSITIONS), 1),
  };
});
