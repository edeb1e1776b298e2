import { describe, expect, test } from 'vitest';
import { preprocess } from '../../src/image/index.js';
import { exact, expectSame, noise } from './pictures.js';

describe('RGB gives what RGBA gives', () => {
  // Four pixels are spread at a time: widths around that. One strip, and several (1000 × 700).
  test.each([
    [1, 1],
    [3, 1],
    [5, 3],
    [37, 23],
    [1000, 700],
  ] as const)('%i × %i', (width, height) => {
    for (const channels of ['RGB', 'BGR', 'GRAY'] as const)
      for (const [h, w] of [
        [height, width],
        [9, 14],
      ]) {
        const picture = noise(width, height, () => 255, width);
        const wanted = preprocess(picture, exact(h, w, channels));
        // At an odd address, with other bytes on both sides.
        const around = new Uint8Array(3 * width * height + 8).fill(99);
        const rgb = around.subarray(5, 5 + 3 * width * height);
        for (let p = 0; p < width * height; p++) rgb.set(picture.data.subarray(4 * p, 4 * p + 3), 3 * p);
        const got = preprocess({ width, height, rgb, data: new Uint8Array() }, exact(h, w, channels));
        expectSame(got.tensor, wanted.tensor);
        expectSame(got.gray, wanted.gray);
      }
  });

  test('RGB of another length is refused', () => {
    const picture = { width: 2, height: 2, rgb: new Uint8Array(16), data: new Uint8Array(16) };
    expect(() => preprocess(picture, exact(2, 2))).toThrow(
      'picture: expected width × height × 3 bytes (RGB), got 2 × 2 and 16 bytes.',
    );
  });
});
