import { relu as shader } from '../generated/shaders.js';
import { defineKernel, expectSizes, linearGrid } from './define.js';

/**
 * `y = max(x, 0)`, value by value; exact.
 *
 * x of any shape → the same shape and units, 0 or more.
 * @throws {CamError} `shape` for an axis of size 0.
 */
export const relu = defineKernel(shader, { x: 'any', y: 'same' }, ({ x }) => {
  const count = expectSizes('relu: x', x);
  return {
    params: { count },
    output: x,
    workgroups: linearGrid(count, shader.workgroup),
  };
});
