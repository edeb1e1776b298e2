import { describe, expect, test } from 'vitest';
import { type Raster, resize } from '../../src/image/index.js';

const grey = (width: number, height: number, value: (x: number, y: number) => number): Raster => ({
  data: Uint8Array.from({ length: width * height }, (_, i) => value(i % width, Math.floor(i / width))),
  width,
  height,
  channels: 1,
});

/** Two bright and two dark quarters, bright 225, dark 30: PIL's own test picture. */
const quarters = (size: number): Raster =>
  grey(size, size, (x, y) => (x < size / 2 === y < size / 2 ? 0xe1 : 255 - 0xe1));

const hexOfTopLeft = ({ data, width }: Raster): string =>
  Array.from({ length: width / 2 }, (_, y) =>
    Array.from({ length: width / 2 }, (_, x) => data[y * width + x].toString(16)).join(' '),
  ).join(' / ');

describe("resize equals, digit for digit, the results in PIL's own tests", () => {
  test.each([
    ['bilinear', 8, 4, 'e1 c9 / c9 b7'],
    ['bicubic', 12, 6, 'e1 e3 d4 / e3 e5 d6 / d4 d6 c9'],
    ['bilinear', 2, 4, 'e1 b0 / b0 98'],
    ['bicubic', 4, 8, 'e1 e5 ee b9 / e5 e9 f3 bc / ee f3 fd c1 / b9 bc c1 a2'],
  ] as const)('%s %i → %i', (interpolation, from, to, expected) => {
    expect(hexOfTopLeft(resize(quarters(from), to, to, interpolation))).toBe(expected);
  });
});

test('a one-pixel chequerboard shrunk by 8 is grey, not a pattern: the filter is antialiased', () => {
  const board = grey(64, 64, (x, y) => ((x + y) % 2) * 255);
  const { data } = resize(board, 8, 8, 'bilinear');
  for (const value of data) expect(Math.abs(value - 127.5)).toBeLessThanOrEqual(4);
});

test('bicubic overshoot is clipped, not wrapped around', () => {
  // A hard edge between 0 and 255 makes the cubic's lobes reach below 0 and above 255.
  const { data } = resize(
    grey(8, 1, (x) => (x < 4 ? 0 : 255)),
    32,
    1,
    'bicubic',
  );
  expect(Math.min(...data.subarray(0, 14))).toBe(0);
  expect(Math.max(...data.subarray(0, 14))).toBe(0);
  expect(Math.min(...data.subarray(18))).toBe(255);
});

test('nearest takes the sample under the pixel centre, also where the ratio is not a whole number', () => {
  const { data } = resize(
    grey(5, 1, (x) => x * 10),
    3,
    1,
    'nearest',
  );
  expect([...data]).toEqual([0, 20, 40]); // centres 0.83, 2.5, 4.17
});

test('a window has the same samples as the whole, at any row and column offset and for all channels', () => {
  const source: Raster = {
    data: Uint8Array.from({ length: 37 * 23 * 3 }, (_, i) => (i * 7919) % 256),
    width: 37,
    height: 23,
    channels: 3,
  };
  for (const interpolation of ['bilinear', 'bicubic', 'nearest'] as const) {
    const whole = resize(source, 19, 31, interpolation);
    const part = resize(source, 19, 31, interpolation, { x0: 3, y0: 5, x1: 17, y1: 30 });
    expect([part.width, part.height]).toEqual([14, 25]);
    for (let y = 0; y < 25; y++) {
      const row = whole.data.subarray(((y + 5) * 19 + 3) * 3, ((y + 5) * 19 + 17) * 3);
      expect(part.data.subarray(y * 14 * 3, (y + 1) * 14 * 3)).toEqual(row);
    }
  }
});

test('a 1 × 1 picture fills any size', () => {
  for (const interpolation of ['bilinear', 'bicubic', 'nearest'] as const) {
    const { data } = resize(
      grey(1, 1, () => 77),
      9,
      5,
      interpolation,
    );
    expect(new Set(data)).toEqual(new Set([77]));
  }
});
