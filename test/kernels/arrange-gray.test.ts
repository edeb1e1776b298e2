import { describe, expect, test } from 'vitest';
import { arrangeGray, arrangement } from '../../src/kernels/arrange-gray.js';
import type { Bins } from '../../src/kernels/bins.js';
import { longestRun, sampling } from '../../src/kernels/sampling.js';
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

/** Runs of a row, by the definition: samples between the same two columns of the layer. */
function runsOf(width: number, samples: number): number[] {
  const runs = new Array<number>(width + 1).fill(0);
  for (let x = 0; x < samples; x++) {
    const position = ((x + 0.5) * width) / samples - 0.5;
    runs[Math.min(width, Math.max(0, Math.floor(position + 1)))]++;
  }
  return runs;
}

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
      // Both orders go run by run: WebAssembly's in bands of eight rows, a GPU's in eights of samples, with
      // room behind the last.
      const want = new Uint16Array(got.length);
      const place = placeOn(name, bins, H * W <= 65_535);
      const { octets } = arrangement(width, [H, W]);
      for (let image = 0; image < n; image++) {
        for (let band = 0, next = image * words * 2; band < H; band += 8) {
          let left = 0;
          runsOf(width, W).forEach((length, j) => {
            for (let y = band; y < Math.min(H, band + 8); y++) {
              for (let i = 0; i < length; i++) {
                const at = ((y * octets + (i >> 3)) * (width + 1) + j) * 8 + (i & 7);
                const to = name === 'wasm' ? next++ : image * words * 2 + at;
                want[to] = place(gray[(image * H + y) * W + left + i]);
              }
            }
            left += length;
          });
        }
      }
      expect(got, `${bins} bins`).toEqual(want);
    }
  });
});

/** Where the counters of a grey value's bin begin, as the backend's histogram has them. */
function placeOn(name: string, bins: Bins, packed: boolean): (gray: number) => number {
  const binOf = (gray: number) => (gray * bins) >> 8;
  if (name === 'wasm') {
    const bytes = bins === 256 ? 1 : packed ? 2 : 4;
    return (gray) => binOf(gray) * bins * bytes;
  }
  const rows = packed ? bins / 2 : bins;
  return (gray) => {
    const row = binOf(gray) % rows;
    return row * bins + row + (binOf(gray) >= rows ? 32_768 : 0);
  };
}

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
      Math.max(...runsOf(width, samples)),
    );
  }
});

test('a number of bins that is none of the four is refused', () => {
  expect(() => arrangeGray.plan({ gray: [1, 2, 2] }, { bins: 100 as Bins, width: 2 })).toThrow(
    'arrangeGray: bins: expected 32, 64, 128 or 256, got 100.',
  );
});
