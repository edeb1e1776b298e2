import { describe, expect, test } from 'vitest';
import { boxSum } from '../../src/kernels/box-sum.js';
import { opsOn } from '../../src/kernels/ops.js';
import * as reference from '../../src/reference/box-sum.js';
import { backends, open } from '../backends.js';
import { expectClose } from '../close.js';
import { onGrid } from '../grid.js';
import { random } from '../random.js';

// Shape, then R.
const cases = [
  [[1, 1, 1], 3], // smallest: all of the window but one lies outside
  [[2, 4, 5], 1], // the map itself
  [[2, 4, 5], 2], // even: one more after than before
  [[3, 7, 7], 3], // rows of 7: a SIMD step and a tail of 3
  [[1, 5, 9], 4],
  [[2, 3, 20], 50], // larger than the map: every window is all of it
] as const;

describe.each(backends)('boxSum on %s', (name) => {
  test.for(cases)('%j, R = %i', async ([shape, region], { skip }) => {
    const backend = await open(name, skip);
    const x = random(shape[0] * shape[1] * shape[2], 1);
    const sum = await backend.scope(() =>
      backend.read(opsOn(backend).boxSum(backend.upload(x, shape, 'float32'), region)),
    );
    expectClose(sum, reference.boxSum(x, shape, region), shape, region === 1 ? 0 : 1e-5);
  });

  test('rows of 1 to 17 values: every way in which one ends within SIMD steps', async ({ skip }) => {
    const backend = await open(name, skip);
    for (let width = 1; width <= 17; width++) {
      const x = random(2 * 3 * width, width);
      for (const region of [3, 4]) {
        const sum = await backend.scope(() =>
          backend.read(opsOn(backend).boxSum(backend.upload(x, [2, 3, width], 'float32'), region)),
        );
        const want = reference.boxSum(x, [2, 3, width], region);
        expectClose(sum, want, [2, 3, width], 1e-5);
      }
    }
  });

  test('maps of all classes, and more of them than the grid has invocations', async ({ skip }) => {
    const backend = await open(name, skip);
    const x = random(2 * 5 * 6 * 6, 2);
    const inputs = { x: backend.upload(x, [2, 5, 6, 6], 'float32') };
    const sum = backend.run(onGrid(boxSum, 2), inputs, 3);
    expect(sum.shape).toEqual([2, 5, 6, 6]);
    expectClose(
      (await backend.read(sum)) as Float32Array,
      reference.boxSum(x, [10, 6, 6], 3),
      [10, 6, 6],
      1e-5,
    );
  });
});

test('a region that cannot be is refused', () => {
  expect(() => boxSum.plan({ x: [1, 7, 7] }, 0)).toThrow(
    'boxSum: region: expected a whole number of at least 1, got 0.',
  );
  expect(() => boxSum.plan({ x: [7] }, 1)).toThrow('boxSum: x: expected [..., h, w], got [7]');
});
