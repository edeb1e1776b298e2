import { describe, expect, test } from 'vitest';
import { minMax } from '../../src/kernels/min-max.js';
import { opsOn } from '../../src/kernels/ops.js';
import * as reference from '../../src/reference/min-max.js';
import { backends, open } from '../backends.js';
import { onGrid } from '../grid.js';
import { random } from '../random.js';

const shapes = [
  [1, 1, 1], // smallest
  [1, 2, 3], // SIMD tail of 2; most invocations have nothing to look at
  [3, 7, 7], // batch of 3; 49 = 12 × 4 + 1
  [2, 16, 16], // each of 256 invocations has exactly one value
  [2, 224, 224], // a whole saliency map: 196 values per invocation
] as const;

describe.each(backends)('minMax on %s', (name) => {
  const rangeOf = async (
    x: Float32Array,
    shape: readonly [number, number, number],
    skip: (reason: string) => void,
  ) => {
    const backend = await open(name, skip);
    return backend.read(opsOn(backend).minMax(backend.upload(x, shape, 'float32')));
  };

  test.for(shapes)('[%i, %i, %i] is exact', async (shape, { skip }) => {
    const x = random(shape[0] * shape[1] * shape[2], 1);
    expect(await rangeOf(x, shape, skip)).toEqual(Float32Array.from(reference.minMax(x, shape)));
  });

  test('more images than workgroups', async ({ skip }) => {
    // Seven images on three workgroups: walked on twice, the last time by one of them alone.
    const backend = await open(name, skip);
    const x = random(7 * 300, 4);
    const range = backend.run(onGrid(minMax, 3), { x: backend.upload(x, [7, 1, 300], 'float32') }, undefined);
    expect(await backend.read(range)).toEqual(Float32Array.from(reference.minMax(x, [7, 1, 300])));
  });

  test('maps all negative, all zero, flat and all positive keep apart', async ({ skip }) => {
    // An answer that starts at 0, or runs into the neighbouring image, is wrong in one of them.
    const x = Float32Array.of(-3, -1, -2, -5, -4, 0, 0, 0, 0, 0, 7, 7, 7, 7, 7, 9, 8, 6, 4, 5);
    expect(await rangeOf(x, [4, 1, 5], skip)).toEqual(Float32Array.of(-5, -1, 0, 0, 7, 7, 4, 9));
  });

  test('an extreme at every position is found', async ({ skip }) => {
    // One map per position: 303 = one workgroup and a part, 75 SIMD steps and a tail of 3.
    const size = 303;
    const x = new Float32Array(size * size);
    for (let i = 0; i < size; i++) {
      x[i * size + i] = 1 + i;
      x[i * size + ((i + 150) % size)] = -1 - i;
    }
    const range = await rangeOf(x, [size, 1, size], skip);
    expect(range).toEqual(
      Float32Array.from({ length: 2 * size }, (_, i) => (i % 2 ? 1 : -1) * (1 + (i >> 1))),
    );
  });
});

test('the grid ends at the 65,535 workgroups that WebGPU allows', () => {
  expect(minMax.plan({ x: [70_000, 1, 2] }).workgroups).toEqual([65_535, 1, 1]);
});

test('a rank that does not fit is named', () => {
  expect(() => minMax.plan({ x: [1, 512, 7, 7] })).toThrow(
    'minMax: x: expected [n, h, w], got [1, 512, 7, 7]',
  );
});
