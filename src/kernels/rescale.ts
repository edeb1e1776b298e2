import { rescale as shader } from '../generated/shaders.js';
import { defineKernel, expectShape, linearGrid, rank3 } from './define.js';

/**
 * Each image's map from its range to 0..1: `(x - min) / (max - min)`.
 *
 * x `[n, h, w]`, range `[n, 2]` as `minMax` gives it → `[n, h, w]`, no unit. Exactly 0 at the minimum and 1
 * at the maximum, within 1e-6 between; values outside the range are clamped to 0..1. A flat map, one whose
 * range is below 2^-126 (float32's smallest normal number), becomes all 0.
 * @throws {CamError} `shape` when range is not one pair per image.
 */
export const rescale = defineKernel(shader, { x: 3, range: 2, scaled: 3 }, ({ x, range }) => {
  const [n, h, w] = rank3('rescale: x', x);
  expectShape('rescale: range', range, [n, 2], 'minimum and maximum of each image');
  return {
    params: { batch: n, positions: h * w },
    output: [n, h, w],
    workgroups: linearGrid(n * h * w, shader.workgroup),
  };
});
