import { describe, expect, test } from 'vitest';
import {
  confidence,
  deletion,
  insertion,
  passBatches,
  pixelOrder,
  removal,
  road,
  scorePasses,
  scoresOfLogits,
  zeroBaseline,
} from '../../src/metrics/index.js';
import { forwardBy, image, plane, sum } from './support.js';

// Two channels, not square; all values differ, so that a wrong index shows.
const x = image(
  [
    [1, 2, 3, 4, 5, 6],
    [10, 20, 30, 40, 50, 60],
  ],
  2,
  3,
);
const saliency = plane([
  [0.1, 0.9, 0],
  [0.5, 0, 1],
]);
const order = pixelOrder(saliency);

describe('passBatches', () => {
  test('gives the same as the single passes, for any batch size', () => {
    const one = [...deletion(x, order, { steps: 6 }).passes()].length;
    for (const batch of [1, 2, 3, 7, 100]) {
      const seen: [string, number[]][] = [];
      for (const { keys, data } of passBatches([deletion(x, order, { steps: 6 })], { batch })) {
        expect(data.length).toBe(keys.length * 12);
        keys.forEach((key, n) => {
          seen.push([key, Array.from(data.subarray(n * 12, (n + 1) * 12))]);
        });
      }
      expect(seen).toHaveLength(one);
      expect(seen[2]).toEqual([
        'zero at saliency most-first 0-2',
        [1, 0, 3, 4, 5, 0, 10, 0, 30, 40, 50, 0], // pixels 5 and 1 go first, in both channels
      ]);
      expect(seen.at(-1)).toEqual(['zero', new Array(12).fill(0)]);
    }
  });

  test('reuses one buffer', () => {
    const buffers = [...passBatches([deletion(x, order, { steps: 6 })], { batch: 2 })].map(
      (b) => b.data.buffer,
    );
    expect(buffers).toHaveLength(4);
    expect(new Set(buffers).size).toBe(1);
  });

  test('does not touch the image', () => {
    const before = x.data.slice();
    const probes = [
      deletion(x, order),
      insertion(x, order),
      removal(x, order, 1),
      confidence(x, saliency),
      road(x, order, pixelOrder(saliency, 'least-first')),
    ];
    for (const _ of passBatches(probes)) expect(x.data).toEqual(before);
  });

  test('computes a pass that several figures ask for only once', async () => {
    const least = pixelOrder(saliency, 'least-first');
    const probes = [
      deletion(x, order, { steps: 3 }), // original, 2, 4, all
      insertion(x, order, { steps: 3 }), // none shown = all removed; original again
      removal(x, order, 1, { shares: [1 / 3, 1], baseline: zeroBaseline(x) }), // 2 removed, all removed
      confidence(x, saliency), // original and zero again
      road(x, order, least, { percentiles: [50] }), // original again
    ];
    const asked = probes.flatMap((probe) => [...probe.passes()].map(({ key }) => key));
    expect(asked).toHaveLength(4 + 4 + 4 + 3 + 3);
    const made = [...passBatches(probes)].flatMap(({ keys }) => keys);
    expect(made).toEqual([...new Set(asked)]);
    expect(made).toHaveLength(4 + 2 + 1 + 1 + 2);
    const scores = await scorePasses(probes, forwardBy(sum));
    expect([...scores.keys()]).toEqual(made);
    let passes = 0;
    const again = await scorePasses(
      probes,
      async (data, count) => {
        passes += count;
        return forwardBy(sum)(data, count);
      },
      { scores },
    );
    expect([again, passes]).toEqual([scores, 0]); // known scores are not computed again
  });

  test('keeps maps of different names apart', () => {
    const other = pixelOrder(saliency, 'most-first', 'grad-cam');
    const made = [...passBatches([deletion(x, order, { steps: 2 }), deletion(x, other, { steps: 2 })])];
    expect(made.flatMap(({ keys }) => keys)).toEqual([
      'original',
      'zero at saliency most-first 0-3',
      'zero',
      'zero at grad-cam most-first 0-3',
    ]);
  });

  test('names inputs that do not fit', async () => {
    expect(() => [...passBatches([], { batch: 0 })]).toThrow(
      'passes: batch: expected an integer of at least 1, got 0.',
    );
    const small = image([[1]], 1, 1);
    const probes = [deletion(x, order), deletion(small, pixelOrder(plane([[1]])))];
    expect(() => [...passBatches(probes)]).toThrow(
      'passes: expected images of 12 values (as the first), got 1. Score one image at a time.',
    );
    await expect(scorePasses([deletion(x, order)], async () => [])).rejects.toThrow(
      'passes: forward: expected 7 scores (one per image), got 0.',
    );
    expect(() => deletion(x, order).result(new Map())).toThrow(
      'deletion: scores: expected one for the pass "original", got none. Score every image of passes().',
    );
    const nan = new Map([['original', { score: Number.NaN, predicted: 0 }]]);
    expect(() => deletion(x, order).result(nan)).toThrow(
      'deletion: expected finite scores, got NaN for the pass "original".',
    );
    expect(() => [...deletion(small, order).passes()]).toThrow(
      'deletion: order: expected [1, 1] (one entry per pixel of the image), got [2, 3]. Resize one of them.',
    );
    expect(() => [...deletion(x, order, { baseline: zeroBaseline(small) }).passes()]).toThrow(
      'deletion: baseline: expected [2, 2, 3] (as the image), got [1, 1, 1].',
    );
    expect(() => [...deletion({ data: x.data, shape: [1, 2, 2, 3] }, order).passes()]).toThrow(
      'image: expected one image [C, H, W] and C·H·W values, got [1, 2, 2, 3] and 12 values.',
    );
  });
});

describe('scoresOfLogits', () => {
  test('is the softmax, also of logits whose exponentials overflow or underflow', () => {
    const [a, b, c] = scoresOfLogits([0, Math.log(3), 1000, 1000, -1000, -1000 - Math.log(4)], 2, 1);
    expect(a).toEqual({ score: expect.closeTo(0.75, 15), predicted: 1 });
    expect(b).toEqual({ score: 0.5, predicted: 0 }); // the first of equals
    expect(c).toEqual({ score: expect.closeTo(0.2, 12), predicted: 0 });
  });

  test('names inputs that do not fit', () => {
    expect(() => scoresOfLogits([1, 2, 3], 2, 0)).toThrow(
      'scores: expected logits [n, 2], got 3 values. Pass the number of classes.',
    );
    expect(() => scoresOfLogits([1, 2], 2, 2)).toThrow('scores: expected a class from 0 to 1, got 2.');
    for (const logits of [
      [0, Number.NaN],
      [Number.NaN, 0],
      [Number.POSITIVE_INFINITY, 0],
    ])
      expect(() => scoresOfLogits(logits, 2, 0)).toThrow(
        'scores: expected logits that are numbers, got some that are not, image 0.',
      );
  });
});
