import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  compareWeights,
  replaceRegion,
  sanityCascade,
  spearman,
  ssim,
  zeroBaseline,
} from '../../src/metrics/index.js';
import { image, plane, planeBy, saliencies } from './support.js';

// Ties throughout, not square, larger than the window of SSIM.
const a = {
  data: Array.from({ length: 195 }, (_, p) => ((3 * (p % 15) + 5 * Math.floor(p / 15)) % 7) / 6),
  shape: [13, 15] as const,
};
const b = {
  data: Array.from({ length: 195 }, (_, p) => (((p % 15) * Math.floor(p / 15) + 2) % 5) / 4),
  shape: [13, 15] as const,
};

describe('Spearman', () => {
  test.for([
    ['same', [0.3, 0.1, 0.7], [0.3, 0.1, 0.7], 1],
    ['a and 3a', [0.3, 0.1, 0.7], [0.9, 0.3, 2.1], 1],
    ['a and -3a', [0.3, 0.1, 0.7], [-0.9, -0.3, -2.1], -1],
    ['different', [0, 1, 0, 1], [1, 2, 1, 0], 0],
    ['half', [-1, 1, 1], [0, 0, 2], 0.5],
  ] as const)("Quantus' %s", ([, u, v, expected]) => {
    expect(spearman(u, v)).toBeCloseTo(expected, 14);
  });

  test('scipy.stats.spearmanr, with ties', () => {
    expect(spearman([3, 1, 4, 1, 5, 9, 2, 6, 5, 3], [2, 7, 1, 8, 2, 8, 1, 8, 2, 8])).toBeCloseTo(
      0.13471506281091267,
      14,
    );
    expect(spearman(a.data, b.data)).toBeCloseTo(0.003818030728127224, 14);
  });

  test('is exactly 1 with itself and -1 with its reverse, at the size of an image', () => {
    const values = Float64Array.from({ length: 50_176 }, (_, p) => Math.sin(p) * p);
    expect(spearman(values, values)).toBe(1);
    expect(
      spearman(
        values,
        values.map((v) => -3 * v),
      ),
    ).toBe(-1);
  });

  test('depends on ranks only, is symmetric, and ignores the order of pairs', () => {
    const pairs = fc.array(fc.tuple(fc.integer({ min: -3, max: 3 }), fc.integer({ min: -3, max: 3 })), {
      minLength: 1,
    });
    fc.assert(
      fc.property(pairs, (values) => {
        const [u, v] = [values.map(([p]) => p), values.map(([, q]) => q)];
        const value = spearman(u, v);
        expect(spearman(v, u)).toBe(value);
        expect(spearman(u.map(Math.exp), v)).toBe(value);
        expect(spearman([...u].reverse(), [...v].reverse())).toBe(value);
        expect(value === undefined).toBe(new Set(u).size === 1 || new Set(v).size === 1);
      }),
    );
  });

  test('vectors without a rank correlation are named', () => {
    expect(spearman([1, 1], [1, 2])).toBeUndefined();
    expect(() => spearman([1], [1, 2])).toThrow(
      'spearman: expected two vectors of the same length, at least 1, got 1 and 2.',
    );
    expect(() => spearman([1, 2], [Number.NaN, 2])).toThrow(
      'spearman: expected finite numbers, got NaN at 0.',
    );
  });
});

describe('SSIM', () => {
  // scipy.signal.correlate2d(…, 'valid') with the Gaussian window, σ 1.5, 11 × 11
  test('equals the formula computed with SciPy', () => {
    expect(ssim(a, b)).toBeCloseTo(-0.023404784369338613, 12);
    expect(ssim(a, { data: a.data.map((v) => v / 2 + 0.25), shape: a.shape })).toBeCloseTo(
      0.8012871381852811,
      12,
    );
    expect(ssim(a, b, 255)).toBeCloseTo(0.996335200330989, 12);
  });

  test('Quantus: zeros against ones, 16 × 16, give 0 to two digits', () => {
    const c1 = 0.01 ** 2;
    expect(
      ssim(
        planeBy(16, 16, () => 0),
        planeBy(16, 16, () => 1),
      ),
    ).toBeCloseTo(c1 / (1 + c1), 12);
  });

  test('is 1 with itself, symmetric, at most 1, on maps of any size', () => {
    fc.assert(
      fc.property(saliencies, (map) => {
        const other = { data: Array.from(map.data).reverse(), shape: map.shape };
        expect(ssim(map, map)).toBe(1);
        expect(ssim(map, other)).toBeCloseTo(ssim(other, map), 12);
        expect(ssim(map, other)).toBeLessThanOrEqual(1 + 1e-12);
      }),
    );
  });

  test('inputs that do not fit are named', () => {
    expect(() => ssim(plane([[1, 2]]), plane([[1], [2]]))).toThrow(
      'ssim: b: expected [1, 2] (as the first map), got [2, 1]. Resize one of them.',
    );
    expect(() => ssim(a, b, 0)).toThrow('ssim: range: expected a number above 0, got 0.');
  });
});

describe('sanity cascade', () => {
  const map = plane([[0, 0.5, 1]]);
  test('one entry per stage, over the images; an empty map has no rank correlation', () => {
    const stages = [map, plane([[1, 0.5, 0]]), plane([[0, 0, 0]])];
    const cascade = sanityCascade([
      { trained: map, stages },
      { trained: map, stages: [map, map, map] },
    ]);
    expect(cascade.map((stage) => stage.spearman.values)).toEqual([
      [1, 1],
      [-1, 1],
      [undefined, 1],
    ]);
    expect(cascade.map((stage) => stage.spearman.value)).toEqual([1, 0, 1]);
    expect(cascade[2].spearman.notes).toEqual({ constant: 1 });
    expect(cascade[0].ssim.values).toEqual([1, 1]);
    expect(cascade[1].ssim.values[0]).toBeLessThan(0);
  });

  test('stages must agree', () => {
    expect(() =>
      sanityCascade([
        { trained: map, stages: [map] },
        { trained: map, stages: [] },
      ]),
    ).toThrow('sanityCascade: expected the same stages for every image.');
    expect(() => sanityCascade([{ trained: map, stages: [plane([[1]])] }])).toThrow(
      'ssim: b: expected [1, 3]',
    );
    expect(sanityCascade([])).toEqual([]);
  });
});

describe('counterfactual weights', () => {
  test('both vectors, their difference, rank correlation and L1 distance', () => {
    expect(compareWeights([1, 2, 4], [2, 2, 1])).toEqual({
      before: Float64Array.of(1, 2, 4),
      after: Float64Array.of(2, 2, 1),
      difference: Float64Array.of(1, 0, -3),
      rankCorrelation: expect.closeTo(-Math.sqrt(3) / 2, 14),
      l1: 4,
    });
    expect(compareWeights([0, 0], [1, 2]).rankCorrelation).toBeUndefined();
    expect(() => compareWeights([1], [])).toThrow('spearman: expected two vectors of the same length');
  });

  test('the object, and nothing else, is replaced in every channel', () => {
    const x = image(
      [
        [1, 2, 3, 4],
        [5, 6, 7, 8],
      ],
      2,
      2,
    );
    const gone = replaceRegion(x, [[1, 0, 2, 2]], zeroBaseline(x));
    expect([...gone.data]).toEqual([1, 0, 3, 0, 5, 0, 7, 0]);
    expect([...x.data]).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(() => replaceRegion(x, [[2, 0, 3, 2]], zeroBaseline(x))).toThrow(
      'replaceRegion: region: expected at least one pixel of the image, got none. Pass the box of an object.',
    );
  });
});
