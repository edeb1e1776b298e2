import { describe, expect, test } from 'vitest';
import { opsOn } from '../../src/kernels/ops.js';
import { relu } from '../../src/kernels/relu.js';
import * as reference from '../../src/reference/relu.js';
import { backends, open } from '../backends.js';
import { expectClose } from '../close.js';
import { random } from '../random.js';

const shapes = [
  [1], // smallest; rank 1
  [2, 3], // SIMD tail of 2
  [3, 7, 7], // three workgroups, the last partial; 147 = 36 × 4 + 3
  [2, 5, 8, 8], // rank 4, whole workgroups only
  [1, 65_537, 8, 8], // 65,537 groups of 64: two more than a grid may hold, so the walk goes on
];

describe.each(backends)('relu on %s', (name) => {
  test.for(shapes.map((shape) => [shape] as const))('%j is exact', async ([shape], { skip }) => {
    const backend = await open(name, skip);
    const x = random(
      shape.reduce((a, b) => a * b),
      1,
    );
    const y = await backend.scope(() => {
      const result = opsOn(backend).relu(backend.upload(x, shape, 'float32'));
      expect(result.shape).toEqual(shape);
      return backend.read(result);
    });
    expectClose(y, reference.relu(x), shape, 0);
  });

  // The first and the last value of a SIMD step and of its tail sit beside numbers of the other sign.
  test.for([
    ['negative', [-1, -2, -3, -4, -5], [0, 0, 0, 0, 0]],
    ['zero', [0, 0, 0, 0, 0], [0, 0, 0, 0, 0]],
    ['of both signs and extreme size', [3.4e38, -3.4e38, 1e-37, -1e-37, -1e-30], [3.4e38, 0, 1e-37, 0, 0]],
  ] as const)('values all %s', async ([, x, y], { skip }) => {
    const backend = await open(name, skip);
    const got = opsOn(backend).relu(backend.upload(Float32Array.from(x), [5], 'float32'));
    expect(await backend.read(got)).toEqual(Float32Array.from(y));
  });
});

test('an empty axis is named', () => {
  expect(() => relu.plan({ x: [1, 0, 7] })).toThrow('relu: x: expected sizes of at least 1, got [1, 0, 7]');
});
