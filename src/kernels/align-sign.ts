import { alignSign as shader } from '../generated/shaders.js';
import { defineKernel, expectShape, linearGrid, rank3 } from './define.js';

/**
 * Each image's map, its sign turned where its inner product with `toward` is negative. A principal component
 * has no sign of its own; this gives it one that no routine or order of channels can change.
 *
 * map and toward `[n, h, w]` → `[n, h, w]`, the same values up to sign. An inner product of 0 leaves the map;
 * one that cancels below 1e-6 of `Σ |map · toward|` (wasm: 1e-15) may turn either way.
 * @throws {CamError} `shape` when the shapes differ.
 */
export const alignSign = defineKernel(shader, { map: 3, toward: 3, aligned: 3 }, ({ map, toward }) => {
  const [n, h, w] = rank3('alignSign: map', map);
  expectShape('alignSign: toward', toward, [n, h, w], 'one value for each of the map');
  return {
    params: { batch: n, positions: h * w },
    output: [n, h, w],
    workgroups: linearGrid(n, 1), // one workgroup per image
  };
});
