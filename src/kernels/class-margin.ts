import { classMargin as shader } from '../generated/shaders.js';
import { ceilDiv, defineKernel, expectShape, linearGrid, POSITIONS, rank4 } from './define.js';

/**
 * How far the chosen class lies above the lowest one, position by position:
 * `margin[n, y, x] = Σ_c choice[n, c] · x[n, c, y, x] - min_c x[n, c, y, x]`.
 *
 * x `[n, c, h, w]`, choice `[n, c]`, 1 at each image's class and 0 elsewhere → `[n, h, w]`, 0 or more; units
 * are those of x. Within 1e-6 of the largest value of x.
 * @throws {CamError} `shape` when choice is not one per class of each image.
 */
export const classMargin = defineKernel(shader, { x: 4, choice: 2, margin: 3 }, ({ x, choice }) => {
  const [n, c, h, w] = rank4('classMargin: x', x);
  expectShape('classMargin: choice', choice, [n, c], 'one per class of each image');
  return {
    params: { batch: n, classes: c, positions: h * w },
    output: [n, h, w],
    workgroups: linearGrid(n * ceilDiv(h * w, POSITIONS), 1),
  };
});
