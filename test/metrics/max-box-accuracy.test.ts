import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type Box,
  boxFit,
  boxFromMap,
  boxThresholds,
  connectedComponents,
  iou,
  maxBoxAccuracy,
  maxBoxAccuracyV2,
} from '../../src/metrics/index.js';
import { boxes, plane, planeBy, saliencies } from './support.js';

// Values rise to the right: at threshold t the box holds the columns with value ≥ t.
const stairs = plane([[0.2, 0.4, 0.6, 0.8, 1]]);
const thresholds = [0, 0.3, 0.5, 0.7, 0.9];

describe('boxFit', () => {
  test('IoU threshold by threshold', () => {
    // The last three columns are true.
    const { ious } = boxFit(stairs, [[2, 0, 5, 1]], { thresholds });
    expect(ious).toEqual([3 / 5, 3 / 4, 1, 2 / 3, 1 / 3]);
  });

  test('largest component, or the best of all, with the best of the boxes', () => {
    const map = plane([[1, 0, 0.9, 0.9, 0, 1]]);
    const truth: Box[] = [
      [0, 0, 1, 1],
      [5, 0, 7, 1],
    ];
    // At 1, the first of two single pixels.
    expect(boxFit(map, truth, { thresholds: [0.5, 1] }).ious).toEqual([0, 1]);
    expect(boxFit(map, truth, { thresholds: [0.5, 1], components: 'all' }).ious).toEqual([1, 1]);
  });

  test('is that of boxFromMap and of all components at each threshold', () => {
    fc.assert(
      fc.property(saliencies, fc.array(boxes, { minLength: 1, maxLength: 3 }), (map, truth) => {
        const [one, all] = (['largest', 'all'] as const).map(
          (components) => boxFit(map, truth, { thresholds, components }).ious!,
        );
        const max = Math.max(...Array.from(map.data));
        thresholds.forEach((t, i) => {
          const box = boxFromMap(map, t);
          expect(one[i]).toBe(box ? Math.max(...truth.map((b) => iou(box, b))) : 0);
          expect(all[i]).toBeGreaterThanOrEqual(one[i]);
          const data = Array.from(map.data, (v) => (max > 0 && v >= Math.fround(t * max) ? 1 : 0));
          const every = connectedComponents({ data, shape: map.shape }).flatMap((c) =>
            truth.map((b) => iou(c.box, b)),
          );
          expect(all[i]).toBe(Math.max(0, ...every));
        });
      }),
    );
  });

  test('an empty map misses at every threshold; an image without boxes is left out', () => {
    expect(
      boxFit(
        planeBy(2, 2, () => 0),
        [[0, 0, 2, 2]],
        { thresholds },
      ),
    ).toEqual({
      ious: [0, 0, 0, 0, 0],
      note: 'empty map',
    });
    expect(boxFit(stairs, [])).toEqual({ ious: undefined, note: 'no annotation' });
  });

  test('bad thresholds and boxes are refused', () => {
    expect(() => boxFit(stairs, [[0, 0, 1, 1]], { thresholds: [0.5, 0.4] })).toThrow(
      'boxFit: thresholds: expected ascending order, got another order.',
    );
    expect(() => boxFit(stairs, [[0, 0, 1, 1]], { thresholds: [0.5, Number.NaN] })).toThrow(
      "boxFit: threshold: expected 0 to 1, a share of the map's maximum, got NaN.",
    );
    expect(() => boxFit(stairs, [[1, 1, 0, 0]])).toThrow('boxFit: expected a box [x0, y0, x1, y1)');
  });

  test('the default thresholds are 0 to .99', () => {
    expect([boxThresholds.length, boxThresholds[7], boxThresholds[99]]).toEqual([100, 0.07, 0.99]);
  });
});

describe('MaxBoxAcc', () => {
  const fits = [
    { ious: [0.6, 0.5, 0.2] },
    { ious: [0.1, 0.5, 0.8] },
    { ious: [0, 0, 0], note: 'empty map' as const },
    { ious: undefined, note: 'no annotation' as const },
  ];

  test('one threshold for all images; empty maps count as misses, images without boxes do not count', () => {
    const { value, best, curve, figure } = maxBoxAccuracy(fits);
    expect([value, best, curve]).toEqual([2 / 3, 1, [1 / 3, 2 / 3, 1 / 3]]);
    expect(figure).toEqual({
      value: 2 / 3,
      values: [1, 1, 0, undefined],
      count: 3,
      notes: { 'empty map': 1, 'no annotation': 1 },
    });
  });

  test('V2: each IoU has its own threshold', () => {
    const { value, parts } = maxBoxAccuracyV2(fits);
    expect(parts.map((part) => [part.value, part.best])).toEqual([
      [2 / 3, 1],
      [2 / 3, 1],
      [1 / 3, 2],
    ]);
    expect(value).toBeCloseTo(5 / 9, 15);
  });

  test('without images it has no value', () => {
    const nothing = { value: undefined, best: undefined, curve: [] };
    expect(maxBoxAccuracy([])).toMatchObject(nothing);
    expect(maxBoxAccuracy([fits[3]])).toMatchObject({
      ...nothing,
      figure: { notes: { 'no annotation': 1 } },
    });
    expect(maxBoxAccuracyV2([fits[3]]).value).toBeUndefined();
  });

  test('different thresholds are refused', () => {
    expect(() => maxBoxAccuracy([{ ious: [1] }, { ious: [1, 0] }])).toThrow(
      'maxBoxAccuracy: expected the same thresholds for every image.',
    );
  });

  test('does not depend on the order of images; falls as the required IoU rises', () => {
    const of = fc.array(
      fc
        .array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 3, maxLength: 3 })
        .map((ious) => ({ ious })),
      { minLength: 1 },
    );
    fc.assert(
      fc.property(of, (images) => {
        const at = (share: number, of = images) => maxBoxAccuracy(of, share).value!;
        expect(at(0.5, [...images].reverse())).toBe(at(0.5));
        expect(at(0.3)).toBeGreaterThanOrEqual(at(0.5));
        expect(at(0.5)).toBeGreaterThanOrEqual(at(0.7));
        expect(at(0)).toBe(1);
      }),
    );
  });
});
