import { expect, test } from 'vitest';
import {
  runSanity,
  type SanityOptions,
  type SanityRecord,
  stageSizes,
  summariseSanity,
} from '../../src/evaluate/index.js';
import { FakeSubject, type FakeSubjectOptions, grey } from './subject.js';

const pictures = [0, 1].map((target) => ({ picture: grey(200), target }));
const options: SanityOptions = { order: 'output-first', stages: 3, seed: 1 };

async function cascade(more: Partial<SanityOptions> = {}, fake: FakeSubjectOptions = {}) {
  const subject = new FakeSubject(fake);
  const records: SanityRecord[] = [];
  for await (const record of runSanity(subject, pictures, { ...options, ...more })) records.push(record);
  return { subject, records };
}

test.for<readonly [layers: number, stages: number, sizes: number[]]>([
  [1, 10, [1]],
  [3, 10, [1, 2, 3]], // never more stages than layers
  [53, 4, [1, 18, 36, 53]], // the first layer alone, the last stage everything
  [53, 1, [53]],
  [0, 4, []],
])('%i layers in %i stages', ([layers, stages, sizes]) => {
  expect(stageSizes(layers, stages)).toEqual(sizes);
});

test('output first: the classifier alone, then the layers before it; input first: the reverse', async () => {
  const down = await cascade();
  expect(down.subject.redrawnLayers).toEqual([[2], [2, 1], [2, 1, 0]]);
  expect(down.records.map(({ layer, redrawn, of }) => [layer, redrawn, of])).toEqual([
    ['fc', 1, 3],
    ['conv2', 2, 3],
    ['conv1', 3, 3],
  ]);
  const up = await cascade({ order: 'input-first' });
  expect(up.subject.redrawnLayers).toEqual([[0], [0, 1], [0, 1, 2]]);
});

test('similarity of the maps, stage by stage; an empty map has no rank correlation, and is counted', async () => {
  const { records } = await cascade();
  const methods = [
    { method: 'corner', classAgnostic: false },
    { method: 'flat', classAgnostic: true },
  ];
  const [corner, flat] = summariseSanity(records, methods, 0);
  // The fake shifts its maps by one quadrant per layer. Maps in different quadrants have a rank correlation
  // of -1/3.
  for (const { spearman, ssim } of corner.stages) {
    expect(spearman.value).toBeCloseTo(-1 / 3, 10);
    expect(ssim.value).toBeLessThan(0.5);
  }
  expect(flat.classAgnostic).toBe(true);
  expect(flat.stages[0].spearman).toEqual({
    value: undefined,
    error: undefined,
    count: 0,
    notes: { constant: 2 },
  });
});

test('finished stages are skipped; if all are finished, nothing is explained', async () => {
  const { subject, records } = await cascade({ done: new Set([0, 1]) });
  expect(records.map(({ stage }) => stage)).toEqual([2]);
  expect(subject.redrawnLayers).toEqual([[2, 1, 0]]);
  const all = await cascade({ done: new Set([0, 1, 2]) });
  expect(all.subject.explained).toEqual([]);
});

test('explainers of stages are disposed', async () => {
  const { subject } = await cascade();
  expect(subject.disposed).toBe(3);
});

test('a model without weights to randomise is an error; so are zero stages', async () => {
  await expect(cascade({}, { layers: [] })).rejects.toThrow(
    'sanity: expected a model with float weights in its initialisers, got none. Export it in float32.',
  );
  await expect(cascade({ stages: 0 })).rejects.toThrow(
    'sanity: stages: expected a whole number of at least 1, got 0.',
  );
});
