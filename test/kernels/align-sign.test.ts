import { describe, expect, test } from 'vitest';
import type { Tensor } from '../../src/backends/backend.js';
import { alignSign } from '../../src/kernels/align-sign.js';
import * as reference from '../../src/reference/align-sign.js';
import { backends, open } from '../backends.js';
import { onGrid } from '../grid.js';
import { random } from '../random.js';

const shapes = [
  [1, 1, 1], // smallest
  [6, 7, 7], // six images, of both signs; most invocations have nothing to add
  [2, 16, 16], // exactly one value per invocation
  [5, 17, 61], // 1,037 = 4 × 256 + 13
] as const;

describe.each(backends)('alignSign on %s is exact', (name) => {
  async function align(
    map: Float32Array,
    toward: Float32Array,
    shape: readonly [number, number, number],
    skip: (reason: string) => void,
    kernel = alignSign,
  ): Promise<number[]> {
    const backend = await open(name, skip);
    const inputs = {
      map: backend.upload(map, shape, 'float32'),
      toward: backend.upload(toward, shape, 'float32'),
    };
    return [...(await backend.read(backend.run(kernel, inputs, undefined) as Tensor<3, 'float32'>))];
  }

  test.for(shapes)('[%i, %i, %i]', async (shape, { skip }) => {
    const count = shape.reduce<number>((a, b) => a * b, 1);
    const [map, toward] = [random(count, 1), random(count, 3)];
    const want = reference.alignSign(map, toward, shape[0]);
    // The seeds give images that are turned and images that are not, but for the single one.
    const kept = new Set(
      Array.from(
        { length: shape[0] },
        (_, n) => want[n * shape[1] * shape[2]] === map[n * shape[1] * shape[2]],
      ),
    );
    expect(kept.size).toBe(Math.min(shape[0], 2));
    expect(await align(map, toward, shape, skip)).toEqual([...want]);
  });

  test('more images than workgroups', async ({ skip }) => {
    const [map, toward] = [random(7 * 9, 3), random(7 * 9, 4)];
    const want = reference.alignSign(map, toward, 7);
    expect(await align(map, toward, [7, 3, 3], skip, onGrid(alignSign, 3))).toEqual([...want]);
  });

  test('an inner product of 0 leaves the map', async ({ skip }) => {
    const map = Float32Array.of(1, -2, 3);
    expect(await align(map, Float32Array.of(0, 0, 0), [1, 1, 3], skip)).toEqual([1, -2, 3]);
    expect(await align(map, Float32Array.of(2, 1, 0), [1, 1, 3], skip)).toEqual([1, -2, 3]);
  });
});

test('shapes that differ are named', () => {
  expect(() => alignSign.plan({ map: [1, 7, 7], toward: [2, 7, 7] })).toThrow(
    'alignSign: toward: expected [1, 7, 7] (one value for each of the map), got [2, 7, 7]',
  );
});
