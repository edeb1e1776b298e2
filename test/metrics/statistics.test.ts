import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  blur,
  bootstrapStandardError,
  figure,
  greyBaseline,
  standardError,
} from '../../src/metrics/index.js';
import { random } from '../../src/metrics/random.js';
import { image, sum } from './support.js';

describe('figure', () => {
  test('reports every image', () => {
    const outcomes = [
      { value: 2 },
      { value: undefined, note: 'no annotation' as const },
      { value: 0, note: 'empty map' as const },
      { value: undefined, note: 'no annotation' as const },
    ];
    expect(figure(outcomes)).toEqual({
      value: 1,
      values: [2, undefined, 0, undefined],
      count: 2,
      notes: { 'no annotation': 2, 'empty map': 1 },
    });
  });
});

describe('bootstrap', () => {
  const values = Array.from({ length: 200 }, (_, i) => Math.sin(i * 12.9898) * 3);
  const mean = sum(values) / 200;
  /** The limit of the bootstrap of a mean: σ / √n. */
  const limit = Math.sqrt(sum(values.map((v) => (v - mean) ** 2)) / 200 / 200);

  test('of a mean is σ / √n', () => {
    // The estimate itself has a relative standard error of 1 / √(2 · 4000) = 1.1 %; the bound is four times
    // that.
    expect(Math.abs(standardError(values, { resamples: 4000 })! / limit - 1)).toBeLessThan(0.045);
  });

  test('is determined by the seed', () => {
    expect(standardError(values, { seed: 1 })).toBe(standardError(values, { seed: 1 }));
    expect(standardError(values, { seed: 1 })).not.toBe(standardError(values, { seed: 2 }));
  });

  test('images without a value are left out, as in the mean', () => {
    expect(standardError([1, undefined, 2, 4, undefined])).toBe(standardError([1, 2, 4]));
  });

  test('scales with the values, ignores a shift, is 0 where all are equal', () => {
    const wide = fc.array(fc.integer({ min: -99, max: 99 }), { minLength: 2, maxLength: 20 });
    fc.assert(
      fc.property(wide, (list) => {
        const error = standardError(list, { resamples: 50 })!;
        expect(
          standardError(
            list.map((v) => 4 * v + 7),
            { resamples: 50 },
          ),
        ).toBeCloseTo(4 * error, 9);
        if (new Set(list).size === 1) expect(error).toBe(0);
      }),
      { numRuns: 30 },
    );
  });

  test('takes any statistic, and leaves out samples in which it has no value', () => {
    const images = [
      { top: 1, random: 1 },
      { top: 0, random: 0 },
    ];
    // Half of the samples mix both, and a quarter holds the first twice. The second twice has no ratio.
    const ratio = (sample: readonly { top: number; random: number }[]) => {
      const below = sum(sample.map((s) => s.random));
      return below === 0 ? undefined : sum(sample.map((s) => s.top)) / below;
    };
    expect(bootstrapStandardError(images, ratio)).toBe(0); // 1 whenever there is one
    expect(bootstrapStandardError(images, () => undefined)).toBeUndefined();
  });

  test('needs two images and two samples', () => {
    expect(standardError([])).toBeUndefined();
    expect(standardError([3])).toBeUndefined();
    expect(() => standardError([1, 2], { resamples: 1 })).toThrow(
      'bootstrap: resamples: expected an integer of at least 2, got 1.',
    );
  });
});

describe('random numbers', () => {
  test('are uniform and normal to within four standard errors', () => {
    const draw = random(11);
    const n = 20_000;
    const uniform = Array.from({ length: n }, () => draw.uniform());
    expect(Math.min(...uniform)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...uniform)).toBeLessThan(1);
    expect(Math.abs(sum(uniform) / n - 0.5)).toBeLessThan(4 * Math.sqrt(1 / 12 / n));
    const normal = Array.from({ length: n }, () => draw.normal());
    expect(Math.abs(sum(normal) / n)).toBeLessThan(4 / Math.sqrt(n));
    expect(Math.abs(sum(normal.map((v) => v * v)) / n - 1)).toBeLessThan(4 * Math.sqrt(2 / n));
  });
});

describe('baselines', () => {
  test('blur: a Gaussian of the taps, edges repeated', () => {
    const weights = [Math.exp(-1 / 2), 1, Math.exp(-1 / 2)].map((w, _, all) => w / sum(all));
    const { data } = blur(
      image(
        [
          [0, 0, 8, 0],
          [1, 1, 1, 1],
        ],
        1,
        4,
      ),
      1,
      3,
    );
    const want = [0, weights[0] * 8, weights[1] * 8, weights[2] * 8, 1, 1, 1, 1];
    want.forEach((value, i) => {
      expect(data[i]).toBeCloseTo(value, 6);
    });
    expect(blur(image([[4, 0]], 1, 2), 1, 3).data[0]).toBeCloseTo(4 * (weights[0] + weights[1]), 6);
  });

  test('blur runs along both axes alike', () => {
    const values = [1, 5, 2, 8, 3, 0];
    const wide = blur(image([values], 2, 3), 2, 5).data;
    const tall = blur(image([[1, 8, 5, 3, 2, 0]], 3, 2), 2, 5).data; // its transpose
    for (let y = 0; y < 2; y++)
      for (let x = 0; x < 3; x++) expect(wide[y * 3 + x]).toBeCloseTo(tall[x * 2 + y], 6);
  });

  test.for([
    [0, 3],
    [1, 4],
    [Number.NaN, 3],
  ])('σ %d with %i taps is refused', ([sigma, taps]) => {
    expect(() => blur(image([[1]], 1, 1), sigma, taps)).toThrow(
      `blur: expected sigma above 0 and an odd number of taps, got ${sigma} and ${taps}.`,
    );
  });

  test('grey is one value per channel, normalised', () => {
    const { name, image: grey } = greyBaseline(
      image(
        [
          [9, 9],
          [9, 9],
        ],
        1,
        2,
      ),
      { mean: [0.25, 0.5], std: [0.5, 0.25] },
    );
    expect([name, ...grey.data]).toEqual(['grey 0.5', 0.5, 0.5, 0, 0]);
  });
});
