import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { deadZone } from '../../src/metrics/index.js';
import { plane, planeBy, saliencies } from './support.js';

describe('dead-zone μ', () => {
  const map = plane([
    [3, 0],
    [4, 12],
  ]);

  test('norm in the unseen region over norm, by box and by mask', () => {
    expect(deadZone(map, [[0, 0, 1, 2]]).value).toBeCloseTo(5 / 13, 15);
    expect(
      deadZone(
        map,
        plane([
          [1, 0],
          [1, 0],
        ]),
      ).value,
    ).toBeCloseTo(5 / 13, 15);
  });

  test('is exactly 0 where the region has no saliency, and exactly 1 where nothing else has', () => {
    expect(deadZone(map, [[1, 0, 2, 1]])).toEqual({ value: 0 });
    expect(deadZone(map, [[0, 0, 2, 2]])).toEqual({ value: 1 });
  });

  test('stays exact where squares would underflow or overflow', () => {
    for (const scale of [1e-30, 1e30]) {
      const scaled = planeBy(2, 2, (y, x) => map.data[y * 2 + x] * scale);
      expect(deadZone(scaled, [[0, 0, 1, 2]]).value).toBeCloseTo(5 / 13, 6);
    }
    expect(deadZone({ data: [3e-200, 4e-200], shape: [1, 2] }, [[0, 0, 1, 1]]).value).toBeCloseTo(0.6, 14);
  });

  test('an empty map has no value: claiming nothing earns no 0', () => {
    expect(
      deadZone(
        planeBy(2, 2, () => 0),
        [[0, 0, 1, 1]],
      ),
    ).toEqual({ value: undefined, note: 'empty map' });
  });

  test('an empty region is an error', () => {
    const message =
      'deadZone: unseen region: expected at least one pixel, got none. With nothing unseen there is nothing to measure.';
    expect(() => deadZone(map, [])).toThrow(message);
    expect(() => deadZone(map, [[2, 2, 5, 5]])).toThrow(message);
  });

  test('the squares of a region and of the rest add up to 1', () => {
    fc.assert(
      fc.property(saliencies, (map) => {
        fc.pre(map.data.length > 1);
        const mask = { data: Array.from(map.data, (_, p) => p % 2), shape: map.shape };
        const rest = { data: mask.data.map((m) => 1 - m), shape: map.shape };
        const [one, two] = [deadZone(map, mask).value, deadZone(map, rest).value];
        if (one !== undefined && two !== undefined) expect(one ** 2 + two ** 2).toBeCloseTo(1, 12);
        else expect(Math.max(...Array.from(map.data))).toBe(0);
      }),
    );
  });
});
