import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { imputeLinearly, pixelOrder, road } from '../../src/metrics/index.js';
import { image, plane, planeBy, run, saliencies, sum } from './support.js';

describe('linear imputation', () => {
  test('is the solution of the published system (SciPy), with corners, borders and an enclosed known pixel', () => {
    const x = image([[1, 2, 0, -1, 3, 4, 0, 0, 0, 1, 2, 5, 0, 0, 0, 0, 0, 0, 7, -2]], 4, 5);
    const known = plane([
      [1, 0, 0, 1, 1],
      [0, 0, 0, 0, 1],
      [1, 0, 0, 0, 0],
      [0, 0, 0, 1, 0],
    ]);
    // numpy.linalg.solve on the matrix that pytorch-grad-cam sets up
    const found = [
      1.3859541308779906, 0.9936047392488255, 1.6810532118263983, 1.8083410802961373, 1.8026881961076002,
      1.7632121797232858, 2.4457894031409224, 3.075518340399002, 3.5191621399377873, 3.445722404940829,
      2.4279286247419996, 2.846926860284537, 3.9762302430557233, 4.8821213899638884,
    ];
    const { data } = imputeLinearly(x, known, { noise: 0 });
    const unknown = Array.from(known.data).flatMap((k, p) => (k === 0 ? [p] : []));
    unknown.forEach((p, i) => {
      expect(data[p]).toBeCloseTo(found[i], 5);
    });
    Array.from(known.data).forEach((k, p) => {
      if (k !== 0) expect(data[p]).toBe(x.data[p]);
    });
  });

  const cases = saliencies.chain((map) =>
    fc.record({
      known: fc.constant({ data: Array.from(map.data, (v) => (v > 0.4 ? 1 : 0)), shape: map.shape }),
      values: fc.array(fc.double({ min: -3, max: 3, noNaN: true }), {
        minLength: 2 * map.data.length,
        maxLength: 2 * map.data.length,
      }),
    }),
  );

  test('every unknown pixel is the mean of its neighbours, and within the range of the known ones', () => {
    fc.assert(
      fc.property(cases, ({ known, values }) => {
        const [h, w] = known.shape;
        const x = { data: Float32Array.from(values), shape: [2, h, w] };
        const { data } = imputeLinearly(x, known, { noise: 0 });
        for (let c = 0; c < 2; c++) {
          const at = (y: number, x: number) => data[(c * h + y) * w + x];
          const kept = known.data.flatMap((k, p) => (k === 1 ? [x.data[c * h * w + p]] : []));
          known.data.forEach((k, p) => {
            const [y, u] = [Math.floor(p / w), p % w];
            if (k === 1) expect(at(y, u)).toBe(x.data[c * h * w + p]);
            else if (kept.length === 0)
              expect(at(y, u)).toBe(0); // nothing known: the mean colour
            else {
              let [total, weights] = [0, 0];
              for (const [dy, dx] of [-1, 0, 1].flatMap((i) => [-1, 0, 1].map((j) => [i, j]))) {
                const weight = dy === 0 && dx === 0 ? 0 : dy === 0 || dx === 0 ? 1 / 6 : 1 / 12;
                if (y + dy < 0 || u + dx < 0 || y + dy >= h || u + dx >= w || weight === 0) continue;
                total += weight * at(y + dy, u + dx);
                weights += weight;
              }
              expect(Math.abs(at(y, u) - total / weights)).toBeLessThan(1e-5); // float32 values up to 3
              expect(at(y, u)).toBeGreaterThanOrEqual(Math.min(...kept) - 1e-5);
              expect(at(y, u)).toBeLessThanOrEqual(Math.max(...kept) + 1e-5);
            }
          });
        }
      }),
    );
  });

  test('a plane with a constant slope is recovered from its rim', () => {
    const x = {
      data: Float32Array.from({ length: 40 * 30 }, (_, p) => 2 * (p % 30) - Math.floor(p / 30)),
      shape: [1, 40, 30],
    };
    const rim = planeBy(40, 30, (y, u) => (y === 0 || u === 0 || y === 39 || u === 29 ? 1 : 0));
    const { data } = imputeLinearly(x, rim, { noise: 0 });
    data.forEach((value, p) => {
      expect(Math.abs(value - x.data[p])).toBeLessThan(1e-3);
    });
  });

  test('two known corners of an image: 5 along the diagonal between them, and symmetric about it', () => {
    const size = 224;
    const x = { data: new Float32Array(size * size).fill(99), shape: [1, size, size] };
    [x.data[0], x.data[size * size - 1]] = [4, 6];
    const corners = planeBy(size, size, (y, u) => (y === u && (y === 0 || y === size - 1) ? 1 : 0));
    const { data } = imputeLinearly(x, corners, { noise: 0 });
    for (let i = 0; i < size; i++) expect(Math.abs(data[i * size + size - 1 - i] - 5)).toBeLessThan(1e-4);
    data.forEach((value, p) => {
      expect(Math.abs(value + data[size * size - 1 - p] - 10)).toBeLessThan(1e-4);
    });
    expect(data[1]).toBeLessThan(data[2]);
  });

  test('separate one-pixel holes are each the mean of their own rim', () => {
    const x = { data: Float32Array.from({ length: 33 * 33 }, (_, p) => (p * 31) % 17), shape: [1, 33, 33] };
    const isHole = (y: number, u: number) => y % 3 === 1 && u % 3 === 1; // 121 of them, none at the border
    const { data } = imputeLinearly(
      x,
      planeBy(33, 33, (y, u) => (isHole(y, u) ? 0 : 1)),
      { noise: 0 },
    );
    for (let y = 1; y < 33; y += 3) {
      for (let u = 1; u < 33; u += 3) {
        const at = (dy: number, dx: number) => x.data[(y + dy) * 33 + u + dx];
        const sides = at(0, 1) + at(0, -1) + at(1, 0) + at(-1, 0);
        const corners = at(1, 1) + at(1, -1) + at(-1, 1) + at(-1, -1);
        expect(data[y * 33 + u]).toBeCloseTo(sides / 6 + corners / 12, 5);
      }
    }
  });

  test('noise has the stated standard deviation, is on imputed pixels only, and follows the seed', () => {
    const x = { data: new Float32Array(100 * 100), shape: [1, 100, 100] };
    const known = planeBy(100, 100, (y) => (y < 50 ? 1 : 0));
    const { data } = imputeLinearly(x, known, { noise: 0.01, seed: 3 });
    const noise = Array.from(data.subarray(5000));
    expect(data.subarray(0, 5000).every((v) => v === 0)).toBe(true);
    const mean = sum(noise) / 5000;
    const spread = Math.sqrt(sum(noise.map((v) => (v - mean) ** 2)) / 4999);
    expect(Math.abs(mean)).toBeLessThan((4 * 0.01) / Math.sqrt(5000)); // four standard errors
    expect(spread).toBeGreaterThan(0.0096);
    expect(spread).toBeLessThan(0.0104);
    expect(imputeLinearly(x, known, { noise: 0.01, seed: 3 }).data).toEqual(data);
    expect(imputeLinearly(x, known, { noise: 0.01, seed: 4 }).data).not.toEqual(data);
  });

  test('bad inputs are refused', () => {
    const x = image([[1, 2]], 1, 2);
    expect(() => imputeLinearly(x, plane([[1]]))).toThrow(
      'imputeLinearly: known: expected [1, 2] (one value per pixel of the image), got [1, 1]. Resize one of them.',
    );
    expect(() => imputeLinearly(image([[Number.NaN, 2]], 1, 2), plane([[1, 0]]))).toThrow(
      'imputeLinearly: image: expected finite numbers, got others in channel 0.',
    );
    expect(() => imputeLinearly(x, plane([[1, 0]]), { tolerance: 0 })).toThrow(
      'imputeLinearly: expected noise of at least 0 and a tolerance of at least 1e-12, got 0.01 and 0.',
    );
  });
});

describe('ROAD', () => {
  const x = image([[1, 2, 3, 40, 5, 6, 7, 8, 9, 10, 11]], 1, 11);
  const map = plane([[0.1, 0.7, 0.3, 0.9, 0.5, 0.2, 0.8, 0, 1, 0.4, 0.6]]);
  const [most, least] = [pixelOrder(map), pixelOrder(map, 'least-first')];
  const options = { noise: 0 };

  /** numpy.percentile, linear interpolation. */
  const percentile = (values: number[], p: number) => {
    const sorted = [...values].sort((a, b) => a - b);
    const position = ((values.length - 1) * p) / 100;
    const low = Math.floor(position);
    return sorted[low] + ((sorted[low + 1] ?? sorted[low]) - sorted[low]) * (position - low);
  };

  test('without ties pytorch-grad-cam keeps the same pixels: those below the percentile of map, and of 1 - map', () => {
    const images = [...road(x, most, least, options).passes()].map(({ image }) => image.slice());
    expect(images).toHaveLength(19);
    [Array.from(map.data), Array.from(map.data, (v) => 1 - v)].forEach((values, side) => {
      [10, 20, 30, 40, 50, 60, 70, 80, 90].forEach((p, i) => {
        const data = values.map((v) => (v < percentile(values, p) ? 1 : 0));
        expect(images[1 + side * 9 + i]).toEqual(imputeLinearly(x, { data, shape: [1, 11] }, options).data);
      });
    });
  });

  test("differences from the image's score, their means, and half the difference of the means", async () => {
    const result = await run(road(x, most, least, { ...options, percentiles: [20, 80] }), (v) => v[3] / 100);
    // The score is pixel 3, the second most relevant. Its neighbours suggest 4 instead of 40, near or far. It
    // stays when the least relevant pixels are removed.
    const near = (value: number) => expect.closeTo(value, 6);
    expect(result).toEqual({
      mostRelevantFirst: [near(-0.36), near(-0.36)],
      leastRelevantFirst: [0, 0],
      morf: near(-0.36),
      lerf: 0,
      combined: near(0.18),
    });
  });

  test('where most of a map is 0, exactly as many pixels are removed as asked for', () => {
    const flat = planeBy(4, 5, (y, u) => (y === 0 && u === 0 ? 1 : 0));
    const y = image([Array.from({ length: 20 }, (_, p) => (p % 7) + 1)], 4, 5);
    const [, first] = road(y, pixelOrder(flat), pixelOrder(flat, 'least-first'), {
      ...options,
      percentiles: [50],
    }).passes();
    const kept = first.image.filter((v, p) => v === y.data[p]).length;
    expect(kept).toBeGreaterThanOrEqual(10); // ⌈19 / 2⌉ stay; an imputed value may equal the old one
    expect(kept).toBeLessThan(20);
  });

  test('percentiles outside 0..100 are refused', () => {
    for (const percentiles of [[], [101], [-1], [Number.NaN]])
      expect(() => road(x, most, least, { percentiles })).toThrow(
        `road: percentiles: expected at least one, each 0 to 100, got [${percentiles.join(', ')}].`,
      );
  });
});
