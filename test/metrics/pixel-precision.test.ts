import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  cueScores,
  meanPixelAveragePrecision,
  pixelAveragePrecision,
  type ScoredPixels,
  upsample,
} from '../../src/metrics/index.js';
import { plane, planeBy, saliencies } from './support.js';

const row = (scores: number[], positives: number[], ignore?: number[]): ScoredPixels => ({
  scores: plane([scores]),
  positives: plane([positives]),
  ...(ignore && { ignore: plane([ignore]) }),
});

describe('PxAP', () => {
  test('by hand: precision at each new recall', () => {
    // From the top: + (1/1), - , + (2/3), - , + (3/5)
    expect(pixelAveragePrecision([row([5, 4, 3, 2, 1], [1, 0, 1, 0, 1])])).toBeCloseTo(
      (1 + 2 / 3 + 3 / 5) / 3,
      15,
    );
    // Equal scores count together: 1 of 2, then 2 of 3
    expect(pixelAveragePrecision([row([1, 1, 0], [1, 0, 1])])).toBeCloseTo((1 / 2 + 2 / 3) / 2, 15);
    // The worst: all negatives first
    expect(pixelAveragePrecision([row([0, 1, 1], [1, 0, 0])])).toBeCloseTo(1 / 3, 15);
  });

  test('only the order of scores counts, negative and tiny ones too', () => {
    const [scores, positives] = [
      [0.1, 0.9, 0.5, 0.2],
      [1, 1, 0, 0],
    ];
    const expected = pixelAveragePrecision([row(scores, positives)]);
    for (const change of [(v: number) => v - 5, (v: number) => v * 1e-30, (v: number) => Math.exp(v)])
      expect(pixelAveragePrecision([row(scores.map(change), positives)])).toBe(expected);
  });

  test('ignored pixels do not count; all images are pooled', () => {
    const scores = [9, 8, 7, 6];
    expect(pixelAveragePrecision([row(scores, [0, 1, 0, 1], [1, 0, 1, 0])])).toBe(1);
    const pooled = pixelAveragePrecision([row([9, 7], [0, 0]), row([8, 6], [1, 1])]);
    expect(pooled).toBe(pixelAveragePrecision([row(scores, [0, 1, 0, 1])]));
  });

  test('without a positive pixel, or with NaN, there is no recall', () => {
    const none =
      'pixelAveragePrecision: expected at least one positive pixel (recall needs it), got none in 1 image(s).';
    expect(() => pixelAveragePrecision([row([1, 0], [0, 0])])).toThrow(none);
    expect(() => pixelAveragePrecision([row([1, 0], [0, 1], [0, 1])])).toThrow(none);
    expect(() => pixelAveragePrecision([row([1, Number.NaN], [0, 1])])).toThrow(
      'pixelAveragePrecision: scores: expected finite numbers, got NaN at [0, 1].',
    );
    expect(() => pixelAveragePrecision([{ scores: plane([[1]]), positives: plane([[1, 1]]) }])).toThrow(
      'pixelAveragePrecision: positives: expected [1, 1] (as the scores), got [1, 2]. Resize one of them.',
    );
  });

  test('1 for perfect scores, the share of positives for constant ones, always above that share times the worst precision', () => {
    fc.assert(
      fc.property(saliencies, fc.infiniteStream(fc.boolean()), (scores, inside) => {
        const data = Array.from(scores.data, (_, p) => (p === 0 || inside.next().value ? 1 : 0));
        const positives = { data, shape: scores.shape };
        const share = data.filter((v) => v === 1).length / data.length;
        expect(pixelAveragePrecision([{ scores: positives, positives }])).toBe(1);
        const constant = { data: data.map(() => 0.7), shape: scores.shape };
        expect(pixelAveragePrecision([{ scores: constant, positives }])).toBeCloseTo(share, 14);
        const value = pixelAveragePrecision([{ scores, positives }]);
        expect(value).toBeGreaterThan(0);
        expect(value).toBeLessThanOrEqual(1);
        const twice = [
          { scores, positives },
          { scores, positives },
        ];
        expect(pixelAveragePrecision(twice)).toBeCloseTo(value, 12);
      }),
    );
  });
});

describe('wsolevaluation: 224 × 224 masks', () => {
  // Pixels of the object, of the background; the rest is ignored.
  test.for([
    [43031, 7145],
    [833, 49342],
    [347, 13909],
  ])('%i positive, %i negative', ([positive, negative]) => {
    const at = (y: number, x: number) => y * 224 + x;
    const positives = planeBy(224, 224, (y, x) => (at(y, x) < positive ? 1 : 0));
    const ignore = planeBy(224, 224, (y, x) => (at(y, x) >= positive + negative ? 1 : 0));
    for (const value of [0, 0.5, 1]) {
      const scores = planeBy(224, 224, () => value);
      // Theirs is per cent, with a tolerance of 0.1 for its bins. Here every score is a threshold, so no
      // tolerance is needed.
      expect(100 * pixelAveragePrecision([{ scores, positives, ignore }])).toBeCloseTo(
        (100 * positive) / (positive + negative),
        10,
      );
    }
    for (const ignored of [0, 1]) {
      const scores = planeBy(224, 224, (y, x) =>
        at(y, x) >= positive + negative ? ignored : at(y, x) < positive ? 1 : 0,
      );
      expect(pixelAveragePrecision([{ scores, positives, ignore }])).toBe(1);
    }
  });
});

describe('mPxAP', () => {
  test('each pair has its own value; pairs without a cue are counted', () => {
    const perfect = row([1, 0, 0], [1, 0, 0]);
    const constant = row([1, 1, 1, 1], [1, 0, 0, 0]);
    const none = row([1, 0], [0, 0]);
    expect(meanPixelAveragePrecision([[perfect], [constant, constant], [none]])).toEqual({
      value: 0.625,
      values: [1, 0.25, undefined],
      count: 2,
      notes: { 'no annotation': 1 },
    });
    expect(() => meanPixelAveragePrecision([])).toThrow(
      'meanPixelAveragePrecision: expected at least one pair of classes, got none.',
    );
  });

  test("a pair's scores are subtracted at layer resolution, then upsampled", () => {
    const [a, b] = [plane([[0, 1]]), plane([[1, 0]])];
    // Differences are 1 at both positions, so 1 everywhere. Upsampled first, they would cross 0 half way.
    expect([...Array.from(cueScores(a, b, [2, 6]).data)]).toEqual(new Array(12).fill(1));
    expect(() => cueScores(a, plane([[1], [0]]), [2, 2])).toThrow(
      'cueScores: b: expected [1, 2] (as the first map), got [2, 1]. Resize one of them.',
    );
  });
});

describe('upsample', () => {
  test('half-pixel centres, clamped edges', () => {
    expect([...upsample(plane([[0, 4]]), [1, 4]).data]).toEqual([0, 1, 3, 4]);
    expect([...upsample(plane([[0], [4]]), [4, 2]).data]).toEqual([0, 0, 1, 1, 3, 3, 4, 4]);
    expect([...upsample(plane([[3]]), [2, 2]).data]).toEqual([3, 3, 3, 3]);
  });

  test('keeps constants, keeps a plane of the same size, and leaves no value out of range', () => {
    fc.assert(
      fc.property(saliencies, fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 9 }), (map, h, w) => {
        const values = Array.from(map.data);
        expect([...upsample(map, map.shape).data]).toEqual(values);
        for (const v of upsample(map, [h, w]).data) {
          expect(v).toBeGreaterThanOrEqual(Math.min(...values) - 1e-12);
          expect(v).toBeLessThanOrEqual(Math.max(...values) + 1e-12);
        }
      }),
    );
  });
});
