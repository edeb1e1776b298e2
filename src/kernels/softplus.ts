import { softplus as shader } from '../generated/shaders.js';
import { defineKernel, expectSizes, linearGrid } from './define.js';

/**
 * `y = log(1 + exp(x))`, value by value: a smooth `max(x, 0)` that is never negative.
 *
 * x of any shape → the same shape. Within 1e-5 of the value itself, down to x = -87 (float32's smallest
 * normal number), 0 below.
 * @throws {CamError} `shape` for an axis of size 0.
 */
export const softplus = defineKernel(shader, { x: 'any', y: 'same' }, ({ x }) => {
  const count = expectSizes('softplus: x', x);
  return {
    params: { count },
    output: x,
    workgroups: linearGrid(count, shader.workgroup),
  };
});
