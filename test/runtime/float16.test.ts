import { describe, expect, test } from 'vitest';
import { fromFloat16, toFloat16 } from '../../src/runtime/float16.js';

const halves = Uint16Array.from({ length: 65536 }, (_, i) => i);
const isNaNHalf = (h: number) => (h & 0x7c00) === 0x7c00 && (h & 0x3ff) !== 0;

/** The definition, in float64. */
function value(h: number): number {
  const sign = h & 0x8000 ? -1 : 1;
  const exponent = (h >> 10) & 31;
  const mantissa = h & 0x3ff;
  if (exponent === 31) return mantissa ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return sign * (exponent ? (1 + mantissa / 1024) * 2 ** (exponent - 15) : (mantissa / 1024) * 2 ** -14);
}

describe('float16', () => {
  test('every half becomes the float32 of the same value', () => {
    const floats = fromFloat16(halves);
    const wrong = [...halves].filter((h) => !Object.is(floats[h], value(h)));
    expect(wrong).toEqual([]);
  });

  test('every half survives the round trip through float32; zeros keep their sign, NaN stays NaN', () => {
    const back = toFloat16(fromFloat16(halves));
    const wrong = [...halves].filter((h) => (isNaNHalf(h) ? !isNaNHalf(back[h]) : back[h] !== h));
    expect(wrong).toEqual([]);
  });

  test('halfway between two neighbours rounds to the even one; one float32 step off, to the nearer one', () => {
    const bits = new Uint32Array(1);
    const float = new Float32Array(bits.buffer);
    const wrong: number[] = [];
    // 0x7bff is the largest finite half. Halfway between it and 65536 lies 65520, which must become infinity
    // (0x7c00, even).
    for (let low = 0; low < 0x7c00; low++) {
      const next = low === 0x7bff ? 65536 : value(low + 1);
      float[0] = (value(low) + next) / 2; // exact: float32 has 13 bits more
      const middle = bits[0];
      const around = Float32Array.from([middle - 1, middle, middle + 1], (b) => {
        bits[0] = b;
        return float[0];
      });
      const want = [low, low % 2 === 0 ? low : low + 1, low + 1];
      const [below, tie, above] = toFloat16(around);
      const [minusBelow, minusTie, minusAbove] = toFloat16(around.map((v) => -v));
      const got = [below, tie, above];
      const mirrored = [minusBelow, minusTie, minusAbove].map((h) => h! - 0x8000);
      if (String(got) !== String(want) || String(mirrored) !== String(want)) wrong.push(low);
    }
    expect(wrong).toEqual([]);
  });

  // Values outside the range of halves, at both ends, and a NaN whose payload lies only in the bits that are
  // cut off.
  test.each([
    [3.4e38, 0x7c00],
    [-3.4e38, 0xfc00],
    [Number.POSITIVE_INFINITY, 0x7c00],
    [1e-45, 0],
    [-1e-45, 0x8000],
    [2 ** -25, 0],
  ])('%f becomes %i', (float, half) => {
    expect(toFloat16(Float32Array.of(float))[0]).toBe(half);
  });

  test('a NaN with a small payload stays NaN', () => {
    const nan = new Float32Array(Uint32Array.of(0x7f800001, 0xff800001).buffer);
    expect([...toFloat16(nan)].every(isNaNHalf)).toBe(true);
  });
});
