import { describe, expect, test } from 'vitest';
import { opsOn } from '../../src/kernels/ops.js';
import { weightedSum } from '../../src/kernels/weighted-sum.js';
import * as reference from '../../src/reference/weighted-sum.js';
import { backends, open } from '../backends.js';
import { expectClose } from '../close.js';
import { random } from '../random.js';

const shapes = [
  [1, 1, 1, 1], // smallest
  [1, 3, 2, 3], // SIMD tail of 2
  [2, 5, 7, 7], // batch of 2; 49 positions = 12 × 4 + 1
  [1, 64, 16, 17], // five workgroups, the last a quarter full
  [1, 2048, 7, 7], // ResNet-50 layer4: the longest sum in use
] as const;

describe.each(backends)('weightedSum on %s', (name) => {
  test.for(shapes)('[%i, %i, %i, %i] is within 1e-5 of the largest value', async (shape, { skip }) => {
    const backend = await open(name, skip);
    const [n, k, h, w] = shape;
    const activations = random(n * k * h * w, 1);
    const weights = random(n * k, 2);
    const map = opsOn(backend).weightedSum(
      backend.upload(activations, shape, 'float32'),
      backend.upload(weights, [n, k], 'float32'),
    );
    expect(map.shape).toEqual([n, h, w]);
    expectClose(await backend.read(map), reference.weightedSum(activations, weights, shape), [n, h, w], 1e-5);
  });
});

test('weights that do not fit are named with both shapes', () => {
  expect(() => weightedSum.plan({ activations: [1, 512, 7, 7], weights: [1, 1000] })).toThrow(
    'weightedSum: weights: expected [1, 512] (one per activation channel), got [1, 1000]',
  );
});
