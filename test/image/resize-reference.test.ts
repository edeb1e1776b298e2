import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Raster, resize, resizeGray } from '../../src/image/index.js';
import { generator } from '../random.js';
import { expectSame } from './pictures.js';
import { resize as javascript } from './resize-javascript.js';

function noise(width: number, height: number, channels: number, seed = 1): Raster {
  const next = generator(seed);
  const data = Uint8Array.from({ length: width * height * channels }, () => next() * 256);
  return { data, width, height, channels };
}

test('any raster, any window: equal to plain JavaScript bit for bit', () => {
  const side = fc.integer({ min: 1, max: 60 });
  const share = fc.float({ min: 0, max: 1, noNaN: true });
  const cases = fc.record({
    width: side,
    height: side,
    w: side,
    h: side,
    channels: fc.integer({ min: 1, max: 4 }),
    interpolation: fc.constantFrom('bilinear' as const, 'bicubic' as const, 'nearest' as const),
    window: fc.tuple(share, share, share, share),
    seed: fc.nat(),
  });
  fc.assert(
    fc.property(cases, ({ width, height, w, h, channels, interpolation, window: [a, b, c, d], seed }) => {
      const source = noise(width, height, channels, seed);
      const x0 = Math.floor(a * (w - 1));
      const y0 = Math.floor(b * (h - 1));
      const window = {
        x0,
        y0,
        x1: x0 + 1 + Math.floor(c * (w - 1 - x0)),
        y1: y0 + 1 + Math.floor(d * (h - 1 - y0)),
      };
      const got = resize(source, w, h, interpolation, window);
      const want = javascript(source, w, h, interpolation, window);
      expect([got.width, got.height, got.channels]).toEqual([want.width, want.height, want.channels]);
      expectSame(got.data, want.data);
    }),
    { numRuns: 500, seed: 11 },
  );
});

test('windows of one size at several positions, one after the other', () => {
  const source = noise(37, 41, 2);
  for (const offset of [0, 3, 5, 0]) {
    const window = { x0: offset, y0: 2 * offset, x1: offset + 8, y1: 2 * offset + 8 };
    expectSame(
      resize(source, 20, 24, 'bilinear', window).data,
      javascript(source, 20, 24, 'bilinear', window).data,
    );
  }
});

test('grey values for histograms of fewer samples, in several strips', () => {
  const { data } = noise(3001, 1999, 1);
  expectSame(
    resizeGray(data, [1999, 3001], [1001, 1500]),
    javascript({ data, width: 3001, height: 1999, channels: 1 }, 1500, 1001, 'bilinear').data,
  );
});

test('samples at an odd offset of a buffer', () => {
  const { data } = noise(20, 30, 1);
  const odd = new Uint8Array(data.length + 3).subarray(3);
  odd.set(data);
  expectSame(resizeGray(odd, [30, 20], [11, 7]), resizeGray(data, [30, 20], [11, 7]));
});
