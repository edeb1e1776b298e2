import { expect } from 'vitest';
import type { Picture, Preprocessing } from '../../src/types.js';
import { generator } from '../random.js';

/** Noise in every channel; `alpha` gives each pixel's alpha. */
export function noise(width: number, height: number, alpha: (p: number) => number, seed = 1): Picture {
  const next = generator(seed);
  const data = new Uint8Array(width * height * 4);
  for (let p = 0; p < width * height; p++) {
    const colour = next() * 2 ** 24;
    data[4 * p] = colour;
    data[4 * p + 1] = colour / 256;
    data[4 * p + 2] = colour / 65536;
    data[4 * p + 3] = alpha(p);
  }
  return { data, width, height };
}

/**
 * Expects two arrays to be equal bit by bit, and reports the first difference. A matcher that prints both
 * would take minutes over millions of values.
 */
export function expectSame(got: Float32Array | Uint8Array, want: Float32Array | Uint8Array, what = ''): void {
  expect(got.length, what).toBe(want.length);
  const bits = (array: Float32Array | Uint8Array) =>
    array instanceof Float32Array ? new Uint32Array(array.buffer, array.byteOffset, array.length) : array;
  const [a, b] = [bits(got), bits(want)];
  const at = a.findIndex((value, i) => value !== b[i]);
  if (at >= 0) expect(`[${at}] ${got[at]}`, what).toBe(`[${at}] ${want[at]}`);
}

// Not binary fractions, and different for each channel: a mix-up of channels, or float32 arithmetic, would
// show.
export const exact = (
  height: number,
  width: number,
  channels: Preprocessing['channels'] = 'RGB',
  interpolation: Preprocessing['interpolation'] = 'bilinear',
): Preprocessing => ({
  size: [height, width],
  resize: 'exact',
  interpolation,
  mean: channels === 'GRAY' ? [0.456] : [0.485, 0.456, 0.406],
  std: channels === 'GRAY' ? [0.225] : [0.229, 0.224, 0.225],
  channels,
});
