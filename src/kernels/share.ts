import { share as shader } from '../generated/shaders.js';
import { defineKernel, MAX_WORKGROUPS, rank3 } from './define.js';

/**
 * Each position's share of its map: `x / Σ x`. Of values that are 0 or more it is a distribution over
 * positions.
 *
 * x `[n, h, w]`, 0 or more → `[n, h, w]`, adding up to 1; all 0 where the map is. Within 1e-5 of the largest
 * share.
 * @throws {CamError} `shape` when x is not `[n, h, w]`.
 */
export const share = defineKernel(shader, { x: 3, share: 3 }, ({ x }) => {
  const [n, h, w] = rank3('share: x', x);
  return {
    params: { maps: n, positions: h * w },
    output: [n, h, w],
    workgroups: [Math.min(n, MAX_WORKGROUPS), 1, 1],
  };
});
