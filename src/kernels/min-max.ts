import { minMax as shader } from '../generated/shaders.js';
import { defineKernel, linearGrid, rank3 } from './define.js';

/**
 * The smallest and the largest value of each image's map; exact.
 *
 * x `[n, h, w]` → `[n, 2]`: minimum, maximum, in the units of x. Finite values only.
 * @throws {CamError} `shape` when x is not `[n, h, w]`.
 */
export const minMax = defineKernel(shader, { x: 3, range: 2 }, ({ x }) => {
  const [n, h, w] = rank3('minMax: x', x);
  return {
    params: { batch: n, positions: h * w },
    output: [n, 2],
    workgroups: linearGrid(n, 1), // one workgroup per image
  };
});
