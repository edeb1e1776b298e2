import { describe, expect, test } from 'vitest';
import { opsOn } from '../../src/kernels/ops.js';
import { replaceRanked } from '../../src/kernels/replace-ranked.js';
import * as reference from '../../src/reference/replace-ranked.js';
import { backends, open } from '../backends.js';
import { expectClose } from '../close.js';
import { onGrid } from '../grid.js';
import { generator, random } from '../random.js';

/** Every rank once, in an order that no index follows. */
function shuffled(count: number, seed: number): Uint32Array {
  const next = generator(seed);
  const keys = Array.from({ length: count }, (_, rank) => [next(), rank]);
  return Uint32Array.from(keys.sort(([a], [b]) => a - b).map(([, rank]) => rank));
}

// Channels, height, width; spans.
const cases = [
  [
    [1, 1, 1],
    [
      [0, 1],
      [0, 0],
      [1, 1],
    ],
  ], // one pixel: all of it, none of it from either end
  [
    [3, 5, 7],
    [
      [0, 10],
      [10, 35],
      [34, 35],
      [0, 35],
      [20, 8],
    ],
  ], // SIMD tail of 3; the last rank alone; a span that runs backwards is empty
  [[2, 9, 15], [[7, 8]]], // 135 pixels: workgroups end inside a channel; one pixel from the middle
  [
    [1, 47, 61],
    [
      [0, 2866],
      [1000, 2000],
    ],
  ], // 2867 pixels: the twin's tile ends in between, and the rest has a tail of 3
] as const;

describe.each(backends)('replaceRanked on %s', (name) => {
  test.for(cases)('%j, spans %j is exact', async ([shape, list], { skip }) => {
    const backend = await open(name, skip);
    const [c, h, w] = shape;
    const [image, baseline] = [random(c * h * w, 1), random(c * h * w, 2)];
    const ranks = shuffled(h * w, 3);
    const inputs = {
      image: backend.upload(image, shape, 'float32'),
      baseline: backend.upload(baseline, shape, 'float32'),
      ranks: backend.upload(ranks, [h, w] as const, 'uint32'),
      spans: backend.upload(Uint32Array.from(list.flat()), [list.length, 2] as const, 'uint32'),
    };
    const made = opsOn(backend).replaceRanked(inputs.image, inputs.baseline, inputs.ranks, inputs.spans);
    expect(made.shape).toEqual([list.length, c, h, w]);
    const want = reference.replaceRanked(image, baseline, ranks, list.flat());
    expectClose(await backend.read(made), want, [list.length, c, h, w], 0);
    const walked = backend.run(onGrid(replaceRanked, 1), inputs, undefined);
    expect(await backend.read(walked)).toEqual(await backend.read(made));
  });

  test('numbers that no sum survives pass through', async ({ skip }) => {
    const backend = await open(name, skip);
    const hard = Float32Array.of(Number.NaN, Number.POSITIVE_INFINITY, 3.4e38, -0, 1.5);
    const none = new Float32Array(5);
    const upload = (data: Float32Array) => backend.upload(data, [1, 1, 5] as const, 'float32');
    const ranks = backend.upload(Uint32Array.of(0, 1, 2, 3, 4), [1, 5] as const, 'uint32');
    const spans = backend.upload(Uint32Array.of(0, 5, 5, 5), [2, 2] as const, 'uint32');
    const { replaceRanked: replace } = opsOn(backend);
    const want = Float32Array.of(...hard, ...none);
    expect(await backend.read(replace(upload(none), upload(hard), ranks, spans))).toEqual(want);
  });
});

test('shapes that do not fit are named', () => {
  const fit = { image: [3, 8, 9], baseline: [3, 8, 9], ranks: [8, 9], spans: [4, 2] };
  expect(() => replaceRanked.plan({ ...fit, baseline: [1, 8, 9] })).toThrow(
    'replaceRanked: baseline: expected [3, 8, 9] (as the image), got [1, 8, 9]',
  );
  expect(() => replaceRanked.plan({ ...fit, ranks: [9, 8] })).toThrow(
    'replaceRanked: ranks: expected [8, 9] (one per pixel of the image), got [9, 8]',
  );
  expect(() => replaceRanked.plan({ ...fit, spans: [4] })).toThrow(
    'replaceRanked: spans: expected [4, 2] (from and to, one pair per copy), got [4]',
  );
});
