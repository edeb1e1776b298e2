import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { componentLevels } from '../../src/metrics/component-levels.js';
import { type Box, boxFromMap, connectedComponents, gtLoc, iou, top1Loc } from '../../src/metrics/index.js';
import { boxes, plane, planeBy, saliencies } from './support.js';

describe('IoU', () => {
  test.for<[Box, Box, number]>([
    [[0, 0, 2, 2], [0, 0, 2, 2], 1],
    [[0, 0, 2, 2], [1, 0, 3, 2], 2 / 6],
    [[0, 0, 2, 2], [2, 0, 4, 2], 0], // touching
    [[0, 0, 1, 1], [3, 3, 4, 4], 0], // diagonal: two negative overlaps must not multiply to an area
    [[0, 0, 4, 4], [1, 1, 3, 3], 4 / 16], // one inside the other
    [[0, 0, 0, 0], [0, 0, 0, 0], 0], // no area
    [[0.5, 0, 1.5, 1], [0, 0, 1, 1], 0.5 / 1.5], // half pixels
  ])('%j, %j: %d', ([a, b, expected]) => {
    expect(iou(a, b)).toBeCloseTo(expected, 15);
  });

  test('wsolevaluation includes both ends: moving the far sides out by 1 gives its values', () => {
    const closed = ([x0, y0, x1, y1]: Box): Box => [x0, y0, x1 + 1, y1 + 1];
    const [a, b]: Box[] = [
      [1, 2, 5, 6],
      [3, 1, 4, 5],
    ];
    expect(iou(closed(a), closed(b))).toBe(8 / 27);
    expect(iou(a, b)).toBe(3 / 17); // ours: 1 × 3 of 16 + 4 - 3
    const zero: Box = [0, 0, 0, 0];
    expect([iou(closed(zero), closed(zero)), iou(zero, zero)]).toEqual([1, 0]);
    const eye: Box[] = [
      [1, 1, 3, 3],
      [4, 4, 5, 5],
    ];
    expect(eye.map((p) => eye.map((q) => iou(closed(p), closed(q))))).toEqual([
      [1, 0],
      [0, 1],
    ]);
    expect(() => iou([1, 1, 0, 0], [1, 1, 2, 2])).toThrow(
      'iou: expected a box [x0, y0, x1, y1) with x0 ≤ x1 and y0 ≤ y1, got [1, 1, 0, 0].',
    );
  });

  test('is symmetric, in 0..1, 1 with itself', () => {
    fc.assert(
      fc.property(boxes, boxes, (a, b) => {
        expect(iou(a, b)).toBe(iou(b, a));
        expect(iou(a, b)).toBeGreaterThanOrEqual(0);
        expect(iou(a, b)).toBeLessThanOrEqual(1);
        expect(iou(a, a)).toBe(a[0] < a[2] && a[1] < a[3] ? 1 : 0);
      }),
    );
  });
});

describe('connected components', () => {
  test('are connected over corners', () => {
    const mask = plane([
      [1, 0, 0, 1],
      [0, 1, 0, 1],
      [0, 0, 0, 0],
      [1, 1, 0, 1],
    ]);
    expect(connectedComponents(mask)).toEqual([
      { area: 2, box: [0, 0, 2, 2], first: 0 },
      { area: 2, box: [3, 0, 4, 2], first: 3 },
      { area: 2, box: [0, 3, 2, 4], first: 12 },
      { area: 1, box: [3, 3, 4, 4], first: 15 },
    ]);
  });

  test('rows do not wrap: the last pixel of a row is no neighbour of the first of the next', () => {
    expect(
      connectedComponents(
        plane([
          [0, 0, 1],
          [1, 0, 0],
        ]),
      ),
    ).toHaveLength(2);
  });

  test('linked rings of 10,081 pixels are one component, so is a chequerboard (over its corners); an empty mask has none', () => {
    const rings = planeBy(141, 141, (y, x) => {
      const ring = Math.min(y, x, 140 - y, 140 - x);
      return (ring % 2 === 0 && !(x === ring && y === ring + 1)) ||
        (ring % 2 === 1 && x === ring && y === ring + 1)
        ? 1
        : 0;
    });
    expect(connectedComponents(rings).map(({ area, box }) => [area, box])).toEqual([
      [10_081, [0, 0, 141, 141]],
    ]);
    expect(connectedComponents(planeBy(9, 9, (y, x) => (y + x) % 2))).toHaveLength(1);
    expect(connectedComponents(planeBy(3, 3, () => 0))).toEqual([]);
  });

  test('have all pixels, and tight boxes that contain them', () => {
    fc.assert(
      fc.property(saliencies, (map) => {
        const mask = { data: Array.from(map.data, (v) => (v > 0.3 ? 1 : 0)), shape: map.shape };
        const components = connectedComponents(mask);
        const total = components.reduce((area, c) => area + c.area, 0);
        expect(total).toBe(mask.data.filter((v) => v === 1).length);
        for (const { area, box, first } of components) {
          const [x0, y0, x1, y1] = box;
          const [x, y] = [first % map.shape[1], Math.floor(first / map.shape[1])];
          expect(y).toBe(y0); // the first pixel in row order lies in the topmost row
          expect(x >= x0 && x < x1).toBe(true);
          expect(area).toBeLessThanOrEqual((x1 - x0) * (y1 - y0));
          expect(area).toBeGreaterThanOrEqual(Math.max(x1 - x0, y1 - y0)); // reaches all four sides
        }
      }),
    );
  });

  test('all levels in one pass give the same as each level alone', () => {
    fc.assert(
      fc.property(saliencies, (map) => {
        const levels = [1, 0.75, 0.6, 0.5, 0.5, 0.25, 0.1, 0];
        const all = [...componentLevels(map, levels)];
        levels.forEach((level, i) => {
          const data = Array.from(map.data, (v) => (v >= level ? 1 : 0));
          const sorted = [...all[i]].sort((a, b) => a.first - b.first);
          expect(sorted).toEqual(connectedComponents({ data, shape: map.shape }));
        });
      }),
    );
  });
});

describe('box from a map', () => {
  test('values equal to the level, in the precision of the map, belong to the box', () => {
    // As float32, 0.7 is below the number 0.7.
    expect(boxFromMap(plane([[0, 0.7, 1]]), 0.7)).toEqual([1, 0, 3, 1]);
    expect(boxFromMap({ data: [0, 0.7, 1], shape: [1, 3] }, 0.7)).toEqual([1, 0, 3, 1]);
    expect(boxFromMap(plane([[0, 0.69999, 1]]), 0.7)).toEqual([2, 0, 3, 1]);
  });

  test('largest by pixels; of equals, the first in row order', () => {
    expect(boxFromMap(plane([[1, 0, 0.5, 0.5]]))).toEqual([2, 0, 4, 1]);
    expect(boxFromMap(plane([[0.3, 0, 1]]))).toEqual([0, 0, 1, 1]);
    // Two of 2 pixels: the right one begins in the row above.
    expect(
      boxFromMap(
        plane([
          [0, 0, 0, 1],
          [1, 0, 0, 1],
          [1, 0, 0, 0],
        ]),
      ),
    ).toEqual([3, 0, 4, 2]);
  });

  test('an empty map has no box; a flat or single-pixel map is one box', () => {
    expect(boxFromMap(planeBy(3, 4, () => 0))).toBeUndefined();
    expect(boxFromMap(planeBy(3, 4, () => -1))).toBeUndefined();
    expect(boxFromMap(planeBy(3, 4, () => 0.1))).toEqual([0, 0, 4, 3]);
    expect(boxFromMap(plane([[1]]), 1)).toEqual([0, 0, 1, 1]);
    expect(boxFromMap(plane([[0, 1]]), 0)).toEqual([0, 0, 2, 1]);
  });

  test('bad maps and thresholds are refused', () => {
    expect(() => boxFromMap(planeBy(3, 3, () => Number.NaN))).toThrow(
      'boxFromMap: map: expected finite numbers, got NaN at [0, 0].',
    );
    expect(() => boxFromMap(plane([[1]]), 1.5)).toThrow(
      "boxFromMap: threshold: expected 0 to 1, a share of the map's maximum, got 1.5.",
    );
  });

  test('contains the highest pixel of its component, lies in the image, and ends at pixels that reach the level', () => {
    fc.assert(
      fc.property(saliencies, fc.constantFrom(0, 0.2, 0.5, 0.8, 1), (map, threshold) => {
        const box = boxFromMap(map, threshold);
        const max = Math.max(...Array.from(map.data));
        expect(box === undefined).toBe(max <= 0);
        if (!box) return;
        const [h, w] = map.shape;
        const inside = (p: number) => {
          const [x, y] = [p % w, Math.floor(p / w)];
          return x >= box[0] && x < box[2] && y >= box[1] && y < box[3];
        };
        expect(box[0] >= 0 && box[1] >= 0 && box[2] <= w && box[3] <= h).toBe(true);
        expect(Array.from(map.data).some((v, p) => inside(p) && v >= Math.fround(threshold * max))).toBe(
          true,
        );
      }),
    );
  });
});

describe('wsolevaluation: boxes of a 4 × 5 map at 0, .2, .4, .6, .8', () => {
  const thresholds = [0, 1, 2, 3, 4].map((i) => i * 0.2);
  const unimodal = plane([
    [0.0, 0.0, 0.0, 0.0, 0.0],
    [0.0, 0.4, 0.4, 0.4, 0.6],
    [0.0, 0.4, 1.0, 0.8, 0.6],
    [0.0, 0.4, 0.4, 0.4, 0.6],
  ]);
  const multimodal = plane([
    [0.4, 0.0, 0.2, 0.2, 0.2],
    [0.4, 0.4, 0.0, 0.4, 0.0],
    [0.0, 0.0, 0.0, 0.4, 0.0],
    [1.0, 0.6, 0.8, 0.2, 0.2],
  ]);
  /**
   * Turns our rule into theirs: 8 bits, strictly above ⌊threshold · max⌋, far sides at most the image's last
   * pixel.
   */
  const eightBits = (map: typeof unimodal) => ({
    data: Array.from(map.data, (v) => Math.floor(v * 255)),
    shape: map.shape,
  });
  const kept = ([x0, y0, x1, y1]: Box): Box => [x0, y0, Math.min(x1, 4), Math.min(y1, 3)];
  const strict = (threshold: number) => (Math.floor(threshold * 255) + 1) / 255;

  test('one mode: with our rule adapted, their boxes', () => {
    expect(thresholds.map((t) => boxFromMap(eightBits(unimodal), strict(t))!).map(kept)).toEqual([
      [1, 1, 4, 3],
      [1, 1, 4, 3],
      [2, 1, 4, 3],
      [2, 2, 4, 3],
      [2, 2, 3, 3],
    ]);
  });

  test('one mode: ours, where values equal to the threshold count, and a box ends after its last pixel', () => {
    expect([0, 0.2, 0.4, 0.6, 0.8].map((t) => boxFromMap(unimodal, t))).toEqual([
      [0, 0, 5, 4],
      [1, 1, 5, 4],
      [1, 1, 5, 4],
      [2, 1, 5, 4],
      [2, 2, 4, 3],
    ]);
  });

  test('several modes: theirs are components of ours; they take the largest outline, we take the most pixels', () => {
    const theirs = [
      [0, 0, 4, 3],
      [0, 0, 2, 2],
      [0, 3, 3, 3],
      [2, 3, 3, 3],
      [0, 3, 1, 3],
    ];
    const ours = [
      [0, 0, 4, 3],
      [0, 1, 4, 3],
      [0, 3, 3, 3],
      [0, 3, 1, 3],
      [0, 3, 1, 3],
    ];
    thresholds.forEach((t, i) => {
      const map = eightBits(multimodal);
      const level = strict(t) * 255;
      const data = map.data.map((v) => (v >= level ? 1 : 0));
      const components = connectedComponents({ data, shape: map.shape });
      expect(components.map(({ box }) => kept(box))).toContainEqual(theirs[i]);
      expect(kept(boxFromMap(map, strict(t))!)).toEqual(ours[i]);
    });
    // .2: their polygon around 3 pixels has area ½, that around the bent line of 5 pixels has none.
    // .6: two single pixels; they take the last, we the first.
  });

  test('an empty map: theirs [0, 0, 0, 0], ours none', () => {
    expect(boxFromMap(planeBy(3, 3, () => 0))).toBeUndefined();
  });
});

describe('GT-Loc and Top-1 Loc', () => {
  const map = planeBy(4, 6, (y, x) => (x >= 1 && x < 5 && y < 2 ? 1 : 0.1)); // box [1, 0, 5, 2)
  const right = { predicted: 3, label: 3 };
  const wrong = { predicted: 2, label: 3 };

  test('IoU of one half is a hit', () => {
    expect(gtLoc(map, [[1, 0, 3, 2]])).toEqual({ value: 1 });
    expect(gtLoc(map, [[1, 0, 2.99, 2]])).toEqual({ value: 0 });
    expect(
      gtLoc(map, [
        [1, 0, 2.99, 2],
        [0, 0, 6, 2],
      ]),
    ).toEqual({ value: 1 });
    expect(gtLoc(map, [[1, 0, 3, 2]], { iou: 0.51 })).toEqual({ value: 0 });
    expect(gtLoc(map, [[0, 0, 6, 4]], { threshold: 0.1 })).toEqual({ value: 1 });
  });

  test('Top-1 also needs the right class', () => {
    expect(top1Loc(map, [[1, 0, 5, 2]], right)).toEqual({ value: 1 });
    expect(top1Loc(map, [[1, 0, 5, 2]], wrong)).toEqual({ value: 0 });
    expect(top1Loc(map, [[0, 3, 1, 4]], right)).toEqual({ value: 0 });
  });

  test('empty maps and missing boxes', () => {
    const empty = planeBy(4, 6, () => 0);
    expect(gtLoc(empty, [[0, 0, 1, 1]])).toEqual({ value: 0, note: 'empty map' });
    expect(top1Loc(empty, [[0, 0, 1, 1]], wrong)).toEqual({ value: 0, note: 'empty map' });
    expect(gtLoc(map, [])).toEqual({ value: undefined, note: 'no annotation' });
    expect(top1Loc(map, [], wrong)).toEqual({ value: undefined, note: 'no annotation' });
  });
});
