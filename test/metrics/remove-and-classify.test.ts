import { describe, expect, test } from 'vitest';
import {
  pixelOrder,
  randomOrder,
  removal,
  removeAndClassify,
  scorePasses,
  seedFor,
  zeroBaseline,
} from '../../src/metrics/index.js';
import { forwardBy, image, planeBy, sum } from './support.js';

describe('removal', () => {
  // Ten pixels; only the first carries evidence. The class is 1 while it is there.
  const x = image([[1, 0, 0, 0, 0, 0, 0, 0, 0, 0]], 2, 5);
  const map = planeBy(2, 5, (y, x) => (y === 0 && x === 0 ? 1 : 0));
  const baseline = zeroBaseline(x);

  test('a map that finds the cue removes it at once; random removal hits it by chance', async () => {
    const probe = removal(x, pixelOrder(map), 1, { baseline, seed: 5 });
    const result = probe.result(await scorePasses([probe], forwardBy(sum)));
    expect(result.top).toEqual([false, false, false, false, false]);
    const rank = randomOrder([2, 5], 5).pixels.indexOf(0);
    expect(result.random).toEqual([1, 3, 5, 7, 9].map((removed) => rank >= removed));
  });

  test('maps share the random passes of an image; the number of pixels is rounded', () => {
    const keys = (name: string) =>
      [
        ...removal(x, pixelOrder(map, 'most-first', name), 1, { baseline, shares: [0, 0.25, 1] }).passes(),
      ].map(({ key }) => key);
    expect(keys('a')).toEqual([
      'original',
      'zero at a most-first 0-3', // 2.5 pixels
      'zero',
      'original',
      'zero at random 0 0-3',
      'zero',
    ]);
    expect(keys('b').slice(3)).toEqual(keys('a').slice(3));
  });

  test('blurs by default: σ 15, 31 taps', () => {
    const [pass] = [...removal(x, pixelOrder(map), 1, { shares: [0.1] }).passes()];
    expect(pass.key).toBe('blur 15/31 at saliency most-first 0-1');
    expect(pass.image[0]).toBeGreaterThan(0); // a blurred pixel, not an empty one
  });

  test('shares out of order are refused', () => {
    expect(() => removal(x, pixelOrder(map), 1, { baseline, shares: [0.5, 0.3] })).toThrow(
      'removal: shares: expected 0 to 1 in ascending order, got [0.5, 0.3].',
    );
  });

  test('seeds of neighbouring images differ, and are reproducible', () => {
    const seeds = Array.from({ length: 1000 }, (_, i) => seedFor(7, i));
    expect(new Set(seeds).size).toBe(1000);
    expect(seedFor(7, 3)).toBe(seeds[3]);
    expect(seedFor(8, 3)).not.toBe(seeds[3]);
  });
});

describe('remove-and-classify', () => {
  test('ratio of two accuracies for each share', () => {
    const images = [
      { top: [true, false, false], random: [true, true, false] },
      { top: [false, false, true], random: [true, true, false] },
    ];
    expect(removeAndClassify(images)).toEqual({
      ratios: [0.5, 0, undefined], // nothing is right after random removal: no ratio
      top: [0.5, 0, 0.5],
      random: [1, 1, 0],
    });
  });

  test('needs images with the same shares', () => {
    const message = 'removeAndClassify: expected at least one image, and the same shares for all.';
    expect(() => removeAndClassify([])).toThrow(message);
    expect(() =>
      removeAndClassify([
        { top: [true], random: [true] },
        { top: [true, true], random: [true, true] },
      ]),
    ).toThrow(message);
  });
});
