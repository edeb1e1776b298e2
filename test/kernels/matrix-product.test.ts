import { describe, expect, test } from 'vitest';
import { channelProduct, matrixProduct } from '../../src/kernels/matrix-product.js';
import { opsOn } from '../../src/kernels/ops.js';
import * as reference from '../../src/reference/matrix-product.js';
import { backends, open } from '../backends.js';
import { expectClose } from '../close.js';
import { random } from '../random.js';

// Images, classes, then the layer's k, h, w.
const shapes = [
  [1, 1, 1, 1, 1], // smallest
  [1, 5, 3, 2, 3], // a row beyond a block of 4, fewer columns than a vector block of 8
  [2, 4, 17, 4, 4], // batch of 2; whole blocks only; a term beyond the 16 of a tile
  [1, 18, 33, 3, 11], // rows and columns just over a tile: 16 + 2, 2 · 16 + 1
  [1, 20, 2048, 7, 7], // ResNet-50 layer4: the longest sum in use
] as const;

describe.each(backends)('matrixProduct on %s', (name) => {
  test.for(shapes)('[%i, %i, %i, %i, %i] is within 1e-5 of the largest value', async (shape, { skip }) => {
    const backend = await open(name, skip);
    const [n, r, k, h, w] = shape;
    const x = random(n * k * h * w, 1);
    const weights = random(r * k, 2);
    const product = await backend.scope(() => {
      const made = opsOn(backend).classMaps(
        backend.upload(x, [n, k, h, w], 'float32'),
        backend.upload(weights, [r, k], 'float32'),
      );
      expect(made.shape).toEqual([n, r, h, w]);
      return backend.read(made);
    });
    expectClose(product, reference.matrixProduct(x, weights, [n, r, k, h * w]), [n, r, h, w], 1e-5);
  });

  test('two matrices', async ({ skip }) => {
    const backend = await open(name, skip);
    const x = backend.upload(Float32Array.of(1, 2, 3, 4, 5, 6), [2, 3] as const, 'float32');
    const weights = backend.upload(Float32Array.of(1, 0, 0, 1, 1, -1, 0, 0), [4, 2] as const, 'float32');
    const made = opsOn(backend).matrixProduct(x, weights);
    expect(made.shape).toEqual([4, 3]);
    expect([...(await backend.read(made))]).toEqual([1, 2, 3, 4, 5, 6, -3, -3, -3, 0, 0, 0]);
  });
});

test('shapes that do not fit are named', () => {
  expect(() => channelProduct.plan({ x: [1, 512, 7, 7], weights: [1000, 511] })).toThrow(
    'matrixProduct: weights: expected [1000, 512] (one per channel in each row), got [1000, 511]',
  );
  expect(() => matrixProduct.plan({ x: [512, 7, 7], weights: [3, 512] })).toThrow(
    'matrixProduct: x: expected [k, p], got [512, 7, 7]',
  );
});
