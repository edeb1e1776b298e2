import { scaleChannels as shader } from '../generated/shaders.js';
import { defineKernel, expectShape, linearGrid, rank4 } from './define.js';

/**
 * Each channel times its weight: `scaled[n, k, y, x] = weights[n, k] · x[n, k, y, x]`, rounded once to
 * float32.
 *
 * x `[n, k, h, w]`, weights `[n, k]` → `[n, k, h, w]`; units are the product of theirs.
 * @throws {CamError} `shape` when weights are not one per channel.
 */
export const scaleChannels = defineKernel(shader, { x: 4, weights: 2, scaled: 4 }, ({ x, weights }) => {
  const [n, k, h, w] = rank4('scaleChannels: x', x);
  expectShape('scaleChannels: weights', weights, [n, k], 'one per channel');
  const count = n * k * h * w;
  return {
    params: { count, positions: h * w },
    output: [n, k, h, w],
    workgroups: linearGrid(count, shader.workgroup),
  };
});
