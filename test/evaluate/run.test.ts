import { expect, test } from 'vitest';
import { CamError } from '../../src/errors.js';
import {
  type AnyRecord,
  chooseMetrics,
  type DataSet,
  evaluatePictures,
  type Knowledge,
  type PictureRecord,
  type RunOptions,
  type Sample,
  summarise,
} from '../../src/evaluate/index.js';
import { FakeSubject, type FakeSubjectOptions, grey, SIDE, sample } from './subject.js';

const everything: readonly Knowledge[] = ['label', 'boxes', 'mask', 'cues'];
const dataSet = (has: readonly Knowledge[]): Pick<DataSet, 'has' | 'kind'> => ({
  kind: 'test',
  has: new Set(has),
});
const metricsOf = (...names: string[]) => chooseMetrics(names, dataSet(everything)).metrics;

async function run(
  samples: readonly Sample[],
  names: readonly string[],
  options: Partial<RunOptions> & { readonly fake?: FakeSubjectOptions } = {},
): Promise<{ subject: FakeSubject; records: AnyRecord[] }> {
  const subject = new FakeSubject(options.fake);
  const placed = samples.map((one, index) => ({ sample: one, index }));
  const records: AnyRecord[] = [];
  const settings = { metrics: metricsOf(...names), seed: 1, batch: 2, passBatch: 4, ...options };
  for await (const record of evaluatePictures(subject, placed, settings)) records.push(record);
  return { subject, records };
}

const done = (records: readonly AnyRecord[]): PictureRecord[] =>
  records.filter((r): r is PictureRecord => 'methods' in r);

test('metrics and methods share the passes of a picture', async () => {
  const { records } = await run([sample('a')], ['average-drop', 'average-increase', 'deletion', 'insertion']);
  // Two methods, flat map and corner: 64 pixels in 64 steps of 1. Deletion and insertion share only the
  // picture and the blank image, so each has 63 copies per method. The image cut at half: one copy per
  // method, under two keys.
  expect(done(records)[0].passes.count).toBe(2 + 2 * (63 + 63) + 2);
});

test('perturbed images go to the model in full batches; the last one is partial', async () => {
  const { subject } = await run([sample('a')], ['deletion'], { fake: { methods: ['corner'] } });
  // One single pass finds the class; then the picture, 63 copies and the blank image, in fours.
  expect(subject.batches).toEqual([1, ...Array.from({ length: 16 }, () => 4), 1]);
});

test('the figures of a model that can be computed by hand', async () => {
  const { records } = await run([sample('a')], ['average-drop', 'deletion'], {
    fake: { methods: ['corner'] },
  });
  const [method] = await summarise(done(records), {
    metrics: metricsOf('average-drop', 'deletion'),
    seed: 0,
    truth: async () => ({}),
  });
  // A quarter of the picture stays: 0.9/4 + 0.1 of 1.
  expect(method.verdicts['average-drop'].cells['average-drop'].value).toBeCloseTo(100 * (1 - 0.325), 10);
  // Each removed pixel costs the same: a straight line from 1 to 0.1.
  expect(method.verdicts.deletion.cells.deletion.value).toBeCloseTo(0.55, 10);
  expect(method.verdicts.deletion.line?.y.length).toBe(SIDE * SIDE + 1);
});

test('the true class is explained besides the predicted one only where a metric needs it', async () => {
  // The fake's map of class 2 lies here, that of class 1 does not.
  const truth = { label: 2, boxes: [[4, 0, 8, 4]] as const };
  const { records } = await run([sample('a', truth)], ['pointing-game', 'gt-loc', 'top1-loc']);
  const [record] = done(records);
  expect([record.predicted, record.label]).toEqual([1, 2]);
  expect(record.methods.corner.trueMap?.layers[0].data).toEqual([0, 3, 0, 0]);
  expect(record.methods.flat.trueMap, 'a map that ignores the class is stored once').toBeUndefined();
  expect(record.methods.corner.evidence).toEqual({
    'pointing-game': { value: 1 },
    'gt-loc': { value: 1 },
    'top1-loc': { value: 0 }, // the model predicts 1
  });
  expect(record.methods.flat.evidence['pointing-game']).toEqual({ value: 0, note: 'empty map' });
  const without = await run([sample('a', truth)], ['average-drop']);
  expect(done(without.records)[0].methods.corner.trueMap).toBeUndefined();
});

test('a label that the model lacks is named and counts as missing', async () => {
  const { records } = await run(
    [sample('a', { label: 7, boxes: [[0, 0, 4, 4]] })],
    ['pointing-game', 'remove-and-classify'],
  );
  const [record] = done(records);
  expect(record.label).toBeUndefined();
  expect(record.problems).toEqual([{ where: 'a', what: "label beyond the model's 3 classes", got: '7' }]);
  expect(Object.keys(record.methods.corner.evidence)).toEqual(['pointing-game']);
});

test('finished pictures are skipped, and the rest is the same as without interruption', async () => {
  const samples = ['a', 'b', 'c', 'd', 'e'].map((name, i) => sample(name, {}, 100 + 30 * i));
  const names = ['deletion', 'road', 'remove-and-classify'];
  const whole = await run(samples, names);
  const later = await run(samples, names, { done: new Set(['a', 'b', 'c']) });
  const plain = (records: readonly AnyRecord[]) =>
    done(records).map(({ passes, ...record }) => ({ ...record, passes: passes.count }));
  expect(plain(later.records)).toEqual(plain(whole.records).slice(3));
  // Blocks stay the same: c and d are explained together, a and b not again.
  expect(later.subject.explained).toEqual([2, 1]);
});

test('random choices differ between pictures, not between runs', async () => {
  // Only the upper half counts. It is bright above a dark half, so blurring darkens it, and it is chance
  // whether enough light is left.
  const fake = { methods: ['corner'], weigh: (pixel: number) => (pixel < 32 ? 1 : 0) };
  const { data, ...size } = grey(150);
  const half = { ...size, data: data.map((v, i) => (i % 4 === 3 || i < data.length / 2 ? v : 0)) };
  const samples = Array.from(
    { length: 8 },
    (_, i): Sample => ({
      name: `p${i}`,
      load: async () => ({ picture: half, truth: { label: 1 }, problems: [] }),
    }),
  );
  const random = async () => {
    const { records } = await run(samples, ['remove-and-classify'], { fake });
    return done(records).map(({ methods }) => JSON.stringify(methods.corner.evidence));
  };
  const first = await random();
  expect(new Set(first).size).toBeGreaterThan(1);
  expect(await random()).toEqual(first);
});

test('a stop lets the current picture finish and starts no other', async () => {
  const { records, subject } = await run(
    ['a', 'b', 'c', 'd'].map((name) => sample(name)),
    ['average-drop'],
    {
      stopping: () => true,
    },
  );
  expect(records.map(({ picture }) => picture)).toEqual(['a']);
  expect(subject.explained).toEqual([2]);
});

test('a failed picture has a record that names it; an error that concerns the whole run ends it', async () => {
  const unreadable: Sample = {
    name: 'broken',
    load: async () => {
      throw new CamError('input', 'broken: the picture is damaged.');
    },
  };
  const dark: Sample = { name: 'dark', load: async () => ({ picture: grey(0), truth: {}, problems: [] }) };
  const fail = (code: 'input' | 'backend') => ({
    onImage: (image: object) => {
      if ('data' in image && image.data instanceof Uint8ClampedArray && image.data[0] === 0)
        throw new CamError(code, 'layer "relu": 1 of 4 values are not finite.');
    },
  });
  const samples = [sample('a'), unreadable, dark];
  const { records } = await run(samples, ['average-drop'], { fake: fail('input') });
  expect(records.map((r) => ('error' in r ? [r.picture, r.error, r.byModel] : r.picture))).toEqual([
    'a',
    ['broken', 'broken: the picture is damaged.', false],
    ['dark', 'layer "relu": 1 of 4 values are not finite.', false],
  ]);
  await expect(run(samples, ['average-drop'], { fake: fail('backend') })).rejects.toThrow('not finite');
});

test('counterfactual weights: the object is replaced and the predicted class explained again', async () => {
  const samples = [sample('a', { boxes: [[0, 0, 4, 4]] }), sample('b')];
  const { records, subject } = await run(samples, ['counterfactual']);
  // The fake's weights do not depend on the picture, so nothing changes. b has no object.
  expect(done(records).map(({ methods }) => methods.corner.evidence)).toEqual([
    { counterfactual: { rank: 1, relative: 0, byRank: [0, 0, 0] } },
    {},
  ]);
  expect(subject.explained).toEqual([2, 1]);
});

test('metrics without their annotations are left out and named; if none is left, that is an error', () => {
  const { metrics, leftOut } = chooseMetrics(
    ['gt-loc', 'deletion', 'top1-loc', 'dead-zone'],
    dataSet(['label']),
  );
  expect(metrics.map(({ name }) => name)).toEqual(['deletion']);
  expect(leftOut).toEqual([
    { metric: 'gt-loc', reason: 'needs boxes' },
    { metric: 'top1-loc', reason: 'needs boxes' },
    { metric: 'dead-zone', reason: 'needs the region that the model cannot see (--unseen)' },
  ]);
  expect(() => chooseMetrics(['pxap', 'mpxap'], dataSet([]))).toThrow(
    '--metrics: expected at least one that the data set serves (read as test), got none: pxap needs masks of the object; ' +
      'mpxap needs masks of parts in which two classes differ and labels.',
  );
  expect(() => chooseMetrics(['drop'], dataSet([]))).toThrow(
    /^--metrics: expected one of average-drop, .*, sanity or all, got "drop"\.$/,
  );
});
