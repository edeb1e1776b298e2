import { describe, expect, test } from 'vitest';
import { arrangeGray, arrangement } from '../../src/kernels/arrange-gray.js';
import type { Bins } from '../../src/kernels/bins.js';
import { longestRun, sampling } from '../../src/kernels/sampling.js';
import * as reference from '../../src/reference/arrange-gray.js';
import { backends, open } from '../backends.js';
import { grayImages } from '../layers.js';

// Columns of the layer, images, rows, columns of the image.
const cases = [
  [14, 1, 28, 224], // runs of 8 and 16
  [7, 2, 13, 97], // runs of 13 and 14
  [1, 1, 1, 1],
  [9, 1, 10, 18], // runs of 1 and 2
  [9, 1, 270, 260], // more than 65,535 samples
] as const;

describe.each(backends)('arrangeGray on %s', (name) => {
  test.for(cases)('layer of %i columns, [%i, %i, %i]', async ([width, n, H, W], { skip }) => {
    const backend = await open(name, skip);
    const gray = grayImages(n, H, W);
    for (const bins of [32, 64, 128, 256] as const) {
      const { words } = arrangement(width, [H, W]);
      const places = backend.run(
        arrangeGray,
        { gray: backend.upload(gray, [n, H, W], 'uint32') },
        { bins, width },
      );
      expect(places.shape).toEqual([n, words]);
      const got = new Uint16Array((await backend.read(places)).buffer);
      const want = reference.arrangeGray(gray, [n, H, W], { bins, width, words }, name);
      expect(got, `${bins} bins`).toEqual(want);
    }
  });
});

test('the longest run is that of the definition', () => {
  for (const [width, samples] of [
    [14, 224],
    [7, 97],
    [20, 61],
    [16, 9],
    [1, 5],
    [3, 3],
  ] as const) {
    expect(longestRun(width, samples, sampling('test', width, samples))).toBe(
      Math.max(...reference.runsOf(width, samples)),
    );
  }
});

test('a number of bins that is none of the four is refused', () => {
  expect(() => arrangeGray.plan({ gray: [1, 2, 2] }, { bins: 100 as Bins, width: 2 })).toThrow(
    'arrangeGray: bins: expected 32, 64, 128 or 256, got 100.',
  );
});
