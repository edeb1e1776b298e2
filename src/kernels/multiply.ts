import { multiply as shader } from '../generated/shaders.js';
import { defineKernel, expectShape, expectSizes, linearGrid } from './define.js';

/**
 * `product = x · y`, value by value, rounded once to float32.
 *
 * x and y of one shape, any rank → the same shape; units are the product of theirs.
 * @throws {CamError} `shape` when the shapes differ or an axis has size 0.
 */
export const multiply = defineKernel(shader, { x: 'any', y: 'any', product: 'same' }, ({ x, y }) => {
  const count = expectSizes('multiply: x', x);
  expectShape('multiply: y', y, x, 'one value for each of x');
  return {
    params: { count },
    output: x,
    workgroups: linearGrid(count, shader.workgroup),
  };
});
