import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  averageDrop,
  averageGain,
  averageIncrease,
  confidence,
  increaseInConfidence,
  maskImage,
} from '../../src/metrics/index.js';
import { image, plane, run, saliencies, sum } from './support.js';

const scores = (original: number, masked: number, baseline = 0) => ({ original, masked, baseline });

describe('masks', () => {
  const x = image(
    [
      [1, 2, 3],
      [-4, 5, 6],
    ],
    1,
    3,
  );
  const half = plane([[0.5, 0.499, 1]]);

  test('threshold: pixels below one half become 0, one half itself stays', () => {
    expect([...maskImage(x, half).data]).toEqual([1, 0, 3, -4, 0, 6]);
    expect([...maskImage(x, half, { threshold: 0.6 }).data]).toEqual([0, 0, 3, 0, 0, 6]);
  });

  test('multiply: image × saliency', () => {
    const { data } = maskImage(x, plane([[0.5, 0, 1]]), { mode: 'multiply' });
    expect([...data]).toEqual([0.5, 0, 3, -2, 0, 6]);
  });

  test('in pixel space, masked is black: -mean / std', () => {
    const space = { pixels: { mean: [0.5, 0.25], std: [0.25, 0.5] } };
    expect([...maskImage(x, half, { space }).data]).toEqual([1, -2, 3, -4, -0.5, 6]);
    // half way from black: (-2 + 1) / 2, (-0.5 - 4) / 2
    const faded = maskImage(x, half, { space, mode: 'multiply' }).data;
    expect([faded[0], faded[3]]).toEqual([-0.5, -2.25]);
  });

  test('an empty map masks everything, a full one masks nothing', () => {
    const zeros = plane([[0, 0, 0]]);
    expect(sum(maskImage(x, zeros).data.map(Math.abs))).toBe(0);
    expect(maskImage(x, plane([[1, 1, 1]]), { mode: 'multiply' }).data).toEqual(x.data);
  });

  test('inputs that do not fit are named', () => {
    expect(() => maskImage(x, plane([[1, 0]]))).toThrow(
      'maskImage: saliency: expected [1, 3] (one value per pixel of the image), got [1, 2]. Resize one of them.',
    );
    expect(() => maskImage(x, plane([[0, 2, 0]]))).toThrow(
      'maskImage: saliency: expected values in 0..1, got 2. Scale the map by its minimum and maximum.',
    );
    expect(() => maskImage(x, half, { threshold: Number.NaN })).toThrow(
      'maskImage: threshold: expected 0 to 1, got NaN.',
    );
    expect(() => maskImage(x, half, { space: { pixels: { mean: [0], std: [1] } } })).toThrow(
      'greyBaseline: expected 2 values of mean and std (one per channel), got 1 and 1.',
    );
  });
});

describe('torch-cam: sum model, x = [[.4, .3], [.2, .1]], map [[1, 0], [0, 0]]', () => {
  const x = image([[0.4, 0.3, 0.2, 0.1]], 2, 2);
  const map = plane([
    [1, 0],
    [0, 0],
  ]);

  test.for(['multiply', 'threshold'] as const)('%s: drop .6, no increase', async (mode) => {
    const figures = await run(confidence(x, map, { mode }), (v) => Math.min(1, sum(v)));
    expect(figures).toEqual({
      original: expect.closeTo(1, 6),
      masked: expect.closeTo(0.4, 6),
      baseline: 0,
    });
    // torch-cam divides by Y + 1e-7 and gives a share; here there is no epsilon, and per cent.
    expect(averageDrop([figures]).value).toBeCloseTo(60, 4);
    expect(increaseInConfidence([figures]).value).toBe(0);
  });
});

describe('figures from scores', () => {
  test('average drop: a mean over the images; gains do not make up for drops', () => {
    const { value, values, count, notes } = averageDrop([
      scores(0.8, 0.2),
      scores(0.5, 0.9),
      scores(0.5, 0.5),
    ]);
    expect(values).toEqual([expect.closeTo(75, 10), 0, 0]);
    expect([value, count, notes]).toEqual([expect.closeTo(25, 10), 3, {}]);
  });

  test('an image with score 0 has no drop: it is counted, not silently left out', () => {
    expect(averageDrop([scores(0, 0), scores(1, 0)])).toEqual({
      value: 100,
      values: [undefined, 100],
      count: 1,
      notes: { 'score is 0': 1 },
    });
    expect(averageDrop([scores(0, 0.5)]).value).toBeUndefined();
    expect(averageDrop([])).toEqual({ value: undefined, values: [], count: 0, notes: {} });
  });

  test('average increase, mean difference and share', () => {
    const { increase, difference, above } = averageIncrease([
      scores(1, 0.8, 0.2),
      scores(1, 0.1, 0.3),
      scores(1, 0, 0.1),
    ]);
    expect(increase.values).toEqual([expect.closeTo(75, 10), 0, undefined]);
    expect([increase.value, increase.notes]).toEqual([expect.closeTo(37.5, 10), { 'score is 0': 1 }]);
    expect(difference.value).toBeCloseTo((0.6 - 0.2 - 0.1) / 3, 12);
    expect(above.value).toBeCloseTo(100 / 3, 10);
  });

  test('increase in confidence is strict', () => {
    expect(increaseInConfidence([scores(0.5, 0.5), scores(0.5, 0.6), scores(0.5, 0.4)]).values).toEqual([
      0, 100, 0,
    ]);
  });

  test('average gain; a score of 1 cannot rise', () => {
    const { value, values, notes } = averageGain([scores(0.5, 0.75), scores(0.5, 0.1), scores(1, 1)]);
    expect([value, values, notes]).toEqual([25, [50, 0, undefined], { 'score is 1': 1 }]);
  });

  test('logits are refused; the rounding error of a float32 softmax is not', () => {
    expect(() => averageDrop([scores(0.5, 0.5), scores(12.5, 3)])).toThrow(
      'averageDrop: image 1: original: expected a softmax probability in 0..1, got 12.5. Apply softmax to logits.',
    );
    expect(() => averageGain([scores(0.5, Number.NaN)])).toThrow(
      'averageGain: image 0: masked: expected a softmax',
    );
    expect(() => averageIncrease([scores(1, 1, -0.1)])).toThrow(
      'averageIncrease: image 0: baseline: expected',
    );
    expect(averageGain([scores(1.0000001, 1)]).notes).toEqual({ 'score is 1': 1 });
  });

  const probability = fc.double({ min: 0, max: 1, noNaN: true });
  const all = fc.array(fc.record({ original: probability, masked: probability, baseline: probability }), {
    minLength: 1,
  });

  test('all lie in 0..100 and do not depend on the order of images', () => {
    fc.assert(
      fc.property(all, (images) => {
        for (const of of [averageDrop, averageGain, increaseInConfidence]) {
          const { value, values, count, notes } = of(images);
          const backwards = of([...images].reverse());
          expect(values).toHaveLength(images.length);
          expect(count + sum(Object.values(notes))).toBe(images.length);
          if (value === undefined) expect(count).toBe(0);
          else {
            expect(value).toBeGreaterThanOrEqual(0);
            expect(value).toBeLessThanOrEqual(100 + 1e-9);
            expect(backwards.value).toBeCloseTo(value, 9);
          }
        }
      }),
    );
  });

  test('an image drops or gains, never both', () => {
    fc.assert(
      fc.property(all, (images) => {
        const [drop, gain] = [averageDrop(images).values, averageGain(images).values];
        images.forEach((_, i) => {
          expect((drop[i] ?? 0) * (gain[i] ?? 0)).toBe(0);
        });
      }),
    );
  });

  test('a mask never adds: a masked pixel lies between 0 and the pixel', () => {
    fc.assert(
      fc.property(saliencies, fc.constantFrom('threshold' as const, 'multiply' as const), (map, mode) => {
        const x = { data: Float32Array.from(map.data, (_, p) => p - 3), shape: [1, ...map.shape] };
        maskImage(x, map, { mode }).data.forEach((value, p) => {
          expect(Math.abs(value)).toBeLessThanOrEqual(Math.abs(x.data[p]));
          expect(value * x.data[p]).toBeGreaterThanOrEqual(0);
        });
      }),
    );
  });
});
