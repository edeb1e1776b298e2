import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Box, energyPointingGame, pointingGame } from '../../src/metrics/index.js';
import { boxes, plane, planeBy, saliencies } from './support.js';

describe('pointing game', () => {
  // The peak is at x 3, y 1: a swap of x and y shows, since the map is not square.
  const map = planeBy(3, 5, (y, x) => (y === 1 && x === 3 ? 1 : 0.2));

  test.for([
    [[3, 1, 4, 2], 1], // the pixel itself
    [[2, 0, 3, 3], 0], // ends where the pixel begins: the far side is not in it
    [[4, 0, 5, 3], 0],
    [[0, 0, 5, 1], 0],
    [[3.4, 1.4, 3.6, 1.6], 1], // smaller than a pixel, around its centre
    [[3.6, 1, 5, 2], 0], // the centre is outside
    [[-9, -9, 99, 99], 1], // beyond the image
  ] as const)('box %j: %i', ([box, value]) => {
    expect(pointingGame(map, [box])).toEqual({ value });
  });

  test('any of several boxes, or a mask', () => {
    expect(
      pointingGame(map, [
        [0, 0, 1, 1],
        [3, 1, 4, 2],
      ]),
    ).toEqual({ value: 1 });
    expect(
      pointingGame(
        map,
        planeBy(3, 5, (y, x) => (y === 1 && x === 3 ? 255 : 0)),
      ),
    ).toEqual({ value: 1 });
    expect(
      pointingGame(
        map,
        planeBy(3, 5, (y, x) => (y === 1 && x === 3 ? 0 : 1)),
      ),
    ).toEqual({ value: 0 });
  });

  test('the first of equal peaks in row order counts', () => {
    const ties = plane([
      [0, 1, 0],
      [1, 0, 1],
    ]);
    expect(pointingGame(ties, [[1, 0, 2, 1]]).value).toBe(1);
    expect(pointingGame(ties, [[0, 1, 1, 2]]).value).toBe(0);
  });

  test('tolerance is a distance in pixels, inclusive', () => {
    const box: Box = [0, 0, 1, 1]; // pixel (0, 0): 3 to the left and 1 up, √10 = 3.16 away
    for (const [tolerance, value] of [
      [3, 0],
      [3.16, 0],
      [3.17, 1],
    ])
      expect(pointingGame(map, [box], { tolerance })).toEqual({ value });
    // TorchRay takes distances strictly below 15: 15 pixels off is a hit here, and none there.
    const wide = planeBy(1, 16, (_, x) => x);
    expect(pointingGame(wide, [box], { tolerance: 15 })).toEqual({ value: 1 });
    expect(pointingGame(wide, [box], { tolerance: 14.999 })).toEqual({ value: 0 });
  });

  test('an empty map points nowhere; without annotation there is no value', () => {
    expect(
      pointingGame(
        planeBy(2, 2, () => 0),
        [[0, 0, 2, 2]],
      ),
    ).toEqual({ value: 0, note: 'empty map' });
    expect(pointingGame(plane([[5]]), [[0, 0, 1, 1]])).toEqual({ value: 1 });
    const none = { value: undefined, note: 'no annotation' };
    expect(pointingGame(map, [])).toEqual(none);
    expect(pointingGame(map, [[7, 0, 9, 2]])).toEqual(none); // outside the image
    expect(pointingGame(map, [[2, 2, 2, 2]])).toEqual(none); // no area
    expect(
      pointingGame(
        map,
        planeBy(3, 5, () => 0),
      ),
    ).toEqual(none);
  });

  test('inputs that do not fit are named', () => {
    expect(() => pointingGame(map, [[2, 0, 1, 1]])).toThrow(
      'pointingGame: expected a box [x0, y0, x1, y1) with x0 ≤ x1 and y0 ≤ y1, got [2, 0, 1, 1].',
    );
    expect(() =>
      pointingGame(
        map,
        planeBy(2, 5, () => 1),
      ),
    ).toThrow('pointingGame: mask: expected [3, 5] (as the map), got [2, 5]. Resize one of them.');
    expect(() => pointingGame(map, [[0, 0, 1, 1]], { tolerance: -1 })).toThrow(
      'pointingGame: tolerance: expected at least 0 pixels, got -1.',
    );
  });
});

describe('energy-based pointing game', () => {
  const map = plane([
    [1, 2, 3],
    [4, 5, 6],
  ]);

  test('share of the sum; rows are y', () => {
    expect(energyPointingGame(map, [[1, 0, 3, 1]])).toEqual({ value: 5 / 21 });
    // With x and y swapped it would be 2.
    expect(energyPointingGame(map, [[0, 1, 1, 2]])).toEqual({ value: 4 / 21 });
  });

  test('the overlap of two boxes counts once', () => {
    expect(
      energyPointingGame(map, [
        [0, 0, 2, 2],
        [1, 0, 3, 2],
      ]),
    ).toEqual({ value: 1 });
  });

  test('an empty map, no annotation, negative values', () => {
    expect(
      energyPointingGame(
        planeBy(2, 3, () => 0),
        [[0, 0, 1, 1]],
      ),
    ).toEqual({ value: 0, note: 'empty map' });
    expect(energyPointingGame(map, [])).toEqual({ value: undefined, note: 'no annotation' });
    expect(() => energyPointingGame(plane([[1, -1]]), [[0, 0, 1, 1]])).toThrow(
      'energyPointingGame: map: expected values of at least 0, got -1. Pass the saliency, not the map before ReLU.',
    );
  });

  test('lies in 0..1, never falls as a box grows, and is 1 for the whole image', () => {
    fc.assert(
      fc.property(saliencies, boxes, (saliency, box) => {
        const whole: Box = [0, 0, saliency.shape[1], saliency.shape[0]];
        const [part, all] = [energyPointingGame(saliency, [box]), energyPointingGame(saliency, [whole])];
        const empty = !Array.from(saliency.data).some((v) => v > 0);
        expect(all.value).toBe(empty ? 0 : 1);
        if (part.value === undefined) return;
        expect(part.value).toBeGreaterThanOrEqual(0);
        const bigger = energyPointingGame(saliency, [[box[0], box[1], box[2] + 1, box[3] + 1]]);
        expect(bigger.value).toBeGreaterThanOrEqual(part.value);
      }),
    );
  });
});

describe('Quantus: 224 × 224 fixtures', () => {
  const block = (y0: number, y1: number, x0: number, x1: number) =>
    planeBy(224, 224, (y, x) => (y >= y0 && y < y1 && x >= x0 && x < x1 ? 1 : 0));

  test.for([
    ['all', block(50, 150, 50, 150), block(50, 150, 50, 150), 1, 1],
    ['half', block(0, 100, 75, 100), block(50, 100, 50, 100), 0.5, 0],
    ['none', block(100, 200, 100, 200), block(0, 100, 0, 100), 0, 0],
  ] as const)('%s of the mass inside', ([, map, mask, mass, pointed]) => {
    expect(energyPointingGame(map, mask)).toEqual({ value: mass });
    // Quantus counts any of the tied peaks, so `half` is a hit there. We take the first in row order, (75,
    // 0): a miss.
    expect(pointingGame(map, mask)).toEqual({ value: pointed });
  });
});
