import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  blurBaseline,
  deletion,
  insertion,
  pixelOrder,
  randomOrder,
  stepCounts,
  trapezoid,
} from '../../src/metrics/index.js';
import { image, plane, planeBy, run, saliencies, sum } from './support.js';

describe('the order of pixels', () => {
  const ties = plane([
    [0, 2, 1],
    [2, 0, 1],
  ]);
  test('keeps row order among ties in both directions', () => {
    expect([...pixelOrder(ties).pixels]).toEqual([1, 3, 2, 5, 0, 4]);
    expect([...pixelOrder(ties, 'least-first').pixels]).toEqual([0, 4, 2, 5, 1, 3]);
  });

  test('an empty map is in row order', () => {
    const empty = planeBy(2, 3, () => 0);
    expect([...pixelOrder(empty).pixels]).toEqual([0, 1, 2, 3, 4, 5]);
    expect([...pixelOrder(empty, 'least-first').pixels]).toEqual([0, 1, 2, 3, 4, 5]);
  });

  test('is a permutation along which the saliency does not rise', () => {
    fc.assert(
      fc.property(saliencies, (map) => {
        const { pixels } = pixelOrder(map);
        expect([...pixels].sort((a, b) => a - b)).toEqual(Array.from(map.data, (_, p) => p));
        for (let i = 1; i < pixels.length; i++)
          expect(map.data[pixels[i]]).toBeLessThanOrEqual(map.data[pixels[i - 1]]);
      }),
    );
  });

  test('random orders are permutations determined by the seed', () => {
    const [a, b, c] = [randomOrder([5, 7], 1), randomOrder([5, 7], 1), randomOrder([5, 7], 2)];
    expect([...a.pixels].sort((p, q) => p - q)).toEqual(Array.from({ length: 35 }, (_, p) => p));
    expect(a.pixels).toEqual(b.pixels);
    expect(a.pixels).not.toEqual(c.pixels);
  });

  test('an invalid map is named', () => {
    expect(() => pixelOrder({ data: [1, 2, 3], shape: [2, 2] })).toThrow(
      'pixelOrder: saliency: expected 4 values (shape [2, 2]), got 3. Pass data and shape that fit.',
    );
    expect(() => pixelOrder({ data: [], shape: [0, 3] })).toThrow(
      'pixelOrder: saliency: expected shape [H, W] with at least one pixel, got [0, 3].',
    );
    expect(() => pixelOrder(plane([[1, 2, Number.NaN]]))).toThrow(
      'pixelOrder: saliency: expected finite numbers, got NaN at [0, 2].',
    );
  });
});

describe('steps', () => {
  test.for([
    [4, 2, [0, 2, 4]],
    [5, 3, [0, 2, 4, 5]], // the last step is shorter
    [1, 100, [0, 1]], // one pixel: one step
    [7, 5, [0, 2, 4, 6, 7]], // steps of 2: four are enough
    [3, 1, [0, 3]],
  ] as const)('%i pixels in %i steps', ([pixels, steps, counts]) => {
    expect(stepCounts(pixels, steps)).toEqual(counts);
  });

  test.for([224 * 224, 227 * 227, 128 * 128, 100, 10_000])('%i pixels are 100 steps by default', (pixels) => {
    const counts = stepCounts(pixels);
    expect(counts).toHaveLength(101);
    expect(counts.at(-1)).toBe(pixels);
  });

  test.for([0, -1, 1.5, Number.NaN])('%d steps are refused', (steps) => {
    expect(() => stepCounts(4, steps)).toThrow(`steps: expected an integer of at least 1, got ${steps}.`);
  });
});

describe('torch-cam: sum model, zero baseline', () => {
  const even = image([[0.4, 0.3, 0.2, 0.1]], 2, 2);
  const evenOrder = pixelOrder(
    plane([
      [0.4, 0.3],
      [0.2, 0.1],
    ]),
  );
  const odd = image([[0.3, 0.25, 0.2, 0.15, 0.1]], 1, 5);
  const oddOrder = pixelOrder(plane([[0.3, 0.25, 0.2, 0.15, 0.1]]));
  const near = (values: number[]) => values.map((value) => expect.closeTo(value, 6));

  test('2 steps: [1, .3, 0] and [0, .7, 1], AUC .4 and .6', async () => {
    const del = await run(deletion(even, evenOrder, { steps: 2 }), sum);
    expect(del).toEqual({ fractions: [0, 0.5, 1], scores: near([1, 0.3, 0]), auc: expect.closeTo(0.4, 6) });
    const ins = await run(insertion(even, evenOrder, { steps: 2 }), sum);
    expect(ins).toEqual({ fractions: [0, 0.5, 1], scores: near([0, 0.7, 1]), auc: expect.closeTo(0.6, 6) });
  });

  test('5 pixels in 3 steps: fractions 0, .4, .8, 1, AUC .41 and .59', async () => {
    const del = await run(deletion(odd, oddOrder, { steps: 3 }), sum);
    expect(del).toEqual({
      fractions: [0, 0.4, 0.8, 1],
      scores: near([1, 0.45, 0.1, 0]),
      auc: expect.closeTo(0.41, 6),
    });
    const ins = await run(insertion(odd, oddOrder, { steps: 3 }), sum);
    expect(ins).toEqual({
      fractions: [0, 0.4, 0.8, 1],
      scores: near([0, 0.55, 0.9, 1]),
      auc: expect.closeTo(0.59, 6),
    });
  });
});

describe('xplique: 16 × 16, one pixel per step', () => {
  const x = image([Array.from({ length: 256 }, (_, p) => ((p * 97) % 256) + 1)], 16, 16); // no pixel is 0
  const order = pixelOrder({ data: x.data, shape: [16, 16] });

  // xplique averages scores over equal steps and expects 0 within 0.01. The trapezoid rule gives half a step
  // for [1, 0, 0 …].
  test('a model that fails without the first pixel: deletion ½ step, xplique 0', async () => {
    const del = await run(deletion(x, order, { steps: 256 }), (v) => (v.includes(0) ? 0 : 1));
    expect(del.auc).toBe(0.5 / 256);
  });

  test('a model that needs one pixel: insertion 1 - ½ step, xplique 1', async () => {
    const ins = await run(insertion(x, order, { steps: 256 }), (v) =>
      v.some((value) => value !== 0) ? 1 : 0,
    );
    expect(ins.auc).toBe(1 - 0.5 / 256);
  });
});

describe('properties', () => {
  const cases = saliencies.chain((map) =>
    fc.record({
      map: fc.constant(map),
      steps: fc.integer({ min: 1, max: 12 }),
      values: fc.array(fc.double({ min: -4, max: 4, noNaN: true }), {
        minLength: 2 * map.data.length,
        maxLength: 2 * map.data.length,
      }),
    }),
  );

  test('deletion and insertion of a linear model add up to its score', async () => {
    await fc.assert(
      fc.asyncProperty(cases, async ({ map, steps, values }) => {
        const x = { data: Float32Array.from(values), shape: [2, ...map.shape] };
        const order = pixelOrder(map);
        const linear = (v: Float32Array) => sum(v.map((value, i) => value * ((i % 5) - 1)));
        const del = await run(deletion(x, order, { steps }), linear);
        const ins = await run(insertion(x, order, { steps }), linear);
        expect(del.auc + ins.auc).toBeCloseTo(linear(x.data), 3);
      }),
    );
  });

  test('the curves start and end at image and baseline, for any baseline and both orders', async () => {
    await fc.assert(
      fc.asyncProperty(cases, async ({ map, steps, values }) => {
        const x = { data: Float32Array.from(values), shape: [2, ...map.shape] };
        const baseline = blurBaseline(x, 1, 3);
        for (const direction of ['most-first', 'least-first'] as const) {
          const order = pixelOrder(map, direction);
          const { scores } = await run(insertion(x, order, { steps, baseline }), sum);
          expect([scores[0], scores.at(-1)]).toEqual([sum(baseline.image.data), sum(x.data)]);
        }
      }),
      { numRuns: 30 },
    );
  });

  test("the order by each pixel's share of the score gives the smallest deletion area of all orders", async () => {
    const x = image([[1, 5, 2, 4, 3, 6]], 2, 3); // a sum model: its own pixels are the best map
    const best = await run(deletion(x, pixelOrder({ data: x.data, shape: [2, 3] }), { steps: 6 }), sum);
    for (let seed = 0; seed < 20; seed++) {
      const other = await run(deletion(x, randomOrder([2, 3], seed), { steps: 6 }), sum);
      expect(other.auc).toBeGreaterThanOrEqual(best.auc);
    }
  });

  test('without ties, least-first insertion is deletion read backwards', async () => {
    const x = image([[3, 1, 4, 1.5, 9, 2]], 2, 3);
    const map = plane([
      [0.3, 0.1, 0.9],
      [0.2, 0.6, 0],
    ]);
    const model = (v: Float32Array) => v.reduce((a, b, i) => a + Math.tanh(b) * (i + 1), 0) ** 2;
    const del = await run(deletion(x, pixelOrder(map), { steps: 3 }), model);
    const ins = await run(insertion(x, pixelOrder(map, 'least-first'), { steps: 3 }), model);
    expect(ins.scores).toEqual([...del.scores].reverse());
    expect(ins.auc).toBeCloseTo(del.auc, 12);
  });
});

describe('trapezoid', () => {
  test('of a constant is the constant, also over uneven steps', () => {
    expect(trapezoid([0, 0.1, 0.7, 1], [3, 3, 3, 3])).toBeCloseTo(3, 12);
  });
  test('refuses points without an area', () => {
    expect(() => trapezoid([0], [1])).toThrow(
      'trapezoid: expected as many scores as fractions and at least 2, got 1 and 1.',
    );
    expect(() => trapezoid([0, 1], [1, Number.NaN])).toThrow(
      'trapezoid: expected finite scores and fractions, got an area of NaN.',
    );
  });
});
