import { describe, expect, test } from 'vitest';
import type { Bins } from '../../src/kernels/bins.js';
import { grayHistogram } from '../../src/kernels/gray-histogram.js';
import * as reference from '../../src/reference/gray-histogram.js';
import { backends, open } from '../backends.js';
import { grayImages } from '../layers.js';

const shapes = [
  [1, 1, 1], // smallest
  [2, 13, 21], // batch of 2; the second step of a workgroup partly filled
  [1, 260, 260], // more than 65,535 pixels
] as const;

describe.each(backends)('grayHistogram on %s', (name) => {
  test.for(shapes)('[%i, %i, %i]: exact in 32, 64, 128 and 256 bins', async (shape, { skip }) => {
    const backend = await open(name, skip);
    const [n, h, w] = shape;
    const gray = grayImages(n, h, w);
    for (const bins of [32, 64, 128, 256] as const) {
      const counts = backend.run(grayHistogram, { gray: backend.upload(gray, shape, 'uint32') }, bins);
      expect(counts.shape).toEqual([n, bins]);
      expect(await backend.read(counts)).toEqual(reference.grayHistogram(gray, n, bins));
    }
  });

  test('one value in a whole image fills one bin', async ({ skip }) => {
    const backend = await open(name, skip);
    const gray = backend.upload(new Uint32Array(300 * 300).fill(255), [1, 300, 300], 'uint32');
    const counts = await backend.read(backend.run(grayHistogram, { gray }, 64));
    expect(Array.from(counts)).toEqual([...new Array(63).fill(0), 90_000]);
  });
});

test('a number of bins that is none of the four is refused', () => {
  expect(() => grayHistogram.plan({ gray: [1, 2, 2] }, 100 as Bins)).toThrow(
    'grayHistogram: bins: expected 32, 64, 128 or 256, got 100.',
  );
});
