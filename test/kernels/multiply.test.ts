import { describe, expect, test } from 'vitest';
import { multiply } from '../../src/kernels/multiply.js';
import { opsOn } from '../../src/kernels/ops.js';
import * as reference from '../../src/reference/multiply.js';
import { backends, open } from '../backends.js';
import { expectClose } from '../close.js';
import { onGrid } from '../grid.js';
import { random } from '../random.js';

const shapes = [
  [1], // smallest; rank 1
  [2, 3], // SIMD tail of 2
  [3, 7, 7], // three workgroups, the last partial; 147 = 36 × 4 + 3
  [2, 64, 7, 7], // a layer
] as const;

describe.each(backends)('multiply on %s', (name) => {
  test.for(shapes.map((shape) => [shape] as const))('%j is rounded once', async ([shape], { skip }) => {
    const backend = await open(name, skip);
    const count = shape.reduce<number>((a, b) => a * b, 1);
    const [x, y] = [random(count, 1), random(count, 2)];
    const product = opsOn(backend).multiply(
      backend.upload(x, shape, 'float32'),
      backend.upload(y, shape, 'float32'),
    );
    expect(product.shape).toEqual(shape);
    expect(await backend.read(product)).toEqual(Float32Array.from(reference.multiply(x, y)));
  });

  test('more values than invocations', async ({ skip }) => {
    // Three workgroups for 500 values: walked on twice, the last time by some of them.
    const backend = await open(name, skip);
    const [x, y] = [random(500, 3), random(500, 4)];
    const inputs = { x: backend.upload(x, [500], 'float32'), y: backend.upload(y, [500], 'float32') };
    const product = backend.run(onGrid(multiply, 3), inputs, undefined);
    expectClose(await backend.read(product), reference.multiply(x, y), [500], 1e-7);
  });
});

test('shapes that differ are named', () => {
  expect(() => multiply.plan({ x: [1, 8, 7, 7], y: [1, 8, 7, 6] })).toThrow(
    'multiply: y: expected [1, 8, 7, 7] (one value for each of x), got [1, 8, 7, 6]',
  );
});
