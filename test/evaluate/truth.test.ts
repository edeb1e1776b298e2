import { expect, test } from 'vitest';
import { agreement } from '../../src/evaluate/agreement.js';
import type { PictureRecord } from '../../src/evaluate/index.js';
import { countProblems, inputOf, saliencyOf } from '../../src/evaluate/index.js';
import { histogramPrecision, pixelHistogram } from '../../src/evaluate/pixel-histogram.js';
import { defaultPreprocessing } from '../../src/image/index.js';
import { pixelAveragePrecision } from '../../src/metrics/index.js';
import { random } from '../../src/metrics/random.js';

const picture = (width: number, height: number) => ({
  data: new Uint8ClampedArray(width * height * 4),
  width,
  height,
});

// 20 × 10 pixels seen through a centre crop: the network sees x from 5 to 15, at 4 × 4.
const cropped = {
  preprocessing: { ...defaultPreprocessing([4, 4], 3), resize: 'shortest', shortestEdge: 4 },
} as const;

test('boxes go through the crop: cut at its border, dropped beyond it', () => {
  const boxes = [
    [5, 0, 10, 5], // the upper left quarter of the visible part
    [0, 0, 7.5, 10], // extends beyond the left border
    [16, 0, 20, 10], // not seen
  ] as const;
  const { truth } = inputOf({ picture: picture(20, 10), truth: { boxes }, problems: [] }, cropped);
  expect(truth.boxes).toEqual([
    [0, 0, 2, 2],
    [0, 0, 1, 4],
  ]);
  const unseen = inputOf({ picture: picture(20, 10), truth: { boxes: [boxes[2]] }, problems: [] }, cropped);
  expect(unseen.truth.boxes).toBeUndefined();
});

test('masks, cues and ignored pixels are sampled at the nearest pixel', () => {
  // x below 8: 3 of the 10 visible columns.
  const data = Uint8Array.from({ length: 200 }, (_, p) => (p % 20 < 8 ? 3 : 0));
  const mask = { data, shape: [10, 20] as const };
  const { truth } = inputOf(
    { picture: picture(20, 10), truth: { mask, ignore: mask, cues: [{ other: 4, mask }] }, problems: [] },
    cropped,
  );
  const expected = [1, 0, 0, 0].map((_, x) => (x === 0 ? 1 : 0)); // centres 6.25, 8.75, …
  expect(truth.mask).toEqual({
    data: Uint8Array.from([...expected, ...expected, ...expected, ...expected]),
    shape: [4, 4],
  });
  expect(truth.ignore).toEqual(truth.mask);
  expect(truth.cues).toEqual([{ other: 4, mask: truth.mask }]);
});

test("a tensor already is the network's input", () => {
  const tensor = { data: new Float32Array(48), shape: [1, 3, 4, 4] };
  const { tensor: fed, truth } = inputOf(
    { picture: tensor, truth: { boxes: [[1, 1, 3, 9]] }, problems: [] },
    cropped,
  );
  expect(fed.shape).toEqual([3, 4, 4]);
  expect(truth.boxes).toEqual([[1, 1, 3, 4]]);
});

test('a saliency recomputed from the stored map: ReLU, upsampling, 0 to 1; flat maps are 0; layers are averaged', () => {
  const layer = { data: [-1, 0, 0, 2], shape: [2, 2] as const };
  expect(saliencyOf({ layers: [layer] }, [2, 2]).data).toEqual(Float32Array.of(0, 0, 0, 1));
  expect(saliencyOf({ layers: [{ ...layer, data: [-1, -2, -3, -4] }] }, [2, 2]).data).toEqual(
    new Float32Array(4),
  );
  const other = { data: [4, 0, 0, 2], shape: [2, 2] as const };
  // Means ½, 0, 0, ¾, then scaled to 0..1.
  expect(saliencyOf({ layers: [layer, other] }, [2, 2]).data).toEqual(Float32Array.of(2 / 3, 0, 0, 1));
  // Probabilities are not scaled.
  expect(
    saliencyOf({ layers: [{ data: [0.25, 0.5, 0, 0], shape: [2, 2] }], asTheyStand: true }, [2, 2]).data[1],
  ).toBe(0.5);
});

test('histograms of 512 levels give PxAP within 0.002 of all distinct thresholds', () => {
  const { uniform } = random(3);
  const images = [1, 2, 3].map(() => {
    const positives = Uint8Array.from({ length: 400 }, () => (uniform() < 0.3 ? 1 : 0));
    const scores = Float32Array.from(positives, (inside) => (inside ? Math.sqrt(uniform()) : uniform()));
    return {
      scores: { data: scores, shape: [20, 20] as const },
      positives: { data: positives, shape: [20, 20] as const },
    };
  });
  const exact = pixelAveragePrecision(images);
  expect(Math.abs((histogramPrecision(images.map(pixelHistogram)) ?? 0) - exact)).toBeLessThan(0.002);
  expect(histogramPrecision([])).toBeUndefined();
  const ignored = { ...images[0], ignore: { data: new Uint8Array(400).fill(1), shape: [20, 20] as const } };
  expect(histogramPrecision([pixelHistogram(ignored)])).toBeUndefined();
});

test('agreement depends only on how maps rank positions, not on their scale', () => {
  const record = (...maps: readonly (readonly number[])[]): PictureRecord => ({
    picture: 'a',
    predicted: 0,
    score: 1,
    size: [2, 2],
    problems: [],
    passes: { count: 0, milliseconds: 0 },
    methods: Object.fromEntries(
      maps.map((data, at) => [
        `m${at}`,
        {
          evidence: {},
          map: { layers: [{ data, shape: [2, 2] as const }] },
          classAgnostic: false,
          diagnostics: [],
          milliseconds: 0,
        },
      ]),
    ),
  });
  const records = [
    record([1, 2, 3, 4], [10, 20, 30, 400], [4, 3, 2, 1]),
    record([1, 2, 3, 4], [1, 1, 1, 1], [1, 2, 3, 4]),
  ];
  // m1 of the second picture is flat, so it has no ranks.
  expect(agreement(records, ['m0', 'm1', 'm2'])[0]).toEqual([1, 1, 0]);
});

test('problems are counted by kind; the first few are named', () => {
  const problems = ['a', 'b', 'c', 'd'].map((where) => ({
    where,
    what: 'box without an area',
    got: where === 'a' ? '[0]' : undefined,
  }));
  expect(countProblems([...problems, { where: 'e', what: 'no box' }])).toEqual([
    { what: 'box without an area', count: 4, examples: ['a ([0])', 'b', 'c'] },
    { what: 'no box', count: 1, examples: ['e'] },
  ]);
});
