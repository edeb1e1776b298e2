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

test('passes of one picture are shared between metrics and methods', async () => {
  const { records } = await run([sample('a')], ['average-drop', 'average-increase', 'deletion', 'insertion']);
  // For each of two methods: 64 pixels in 64 steps of 1; deletion and insertion meet in nothing but the
  // picture and the blank image. Flat map and corner: 63 copies each way. The image cut at half: one for the
  // corner, the flat one's is another key.
  expect(done(records)[0].passes.count).toBe(2 + 2 * (63 + 63) + 2);
});

test('perturbed images go to the model in full batches, the rest at the end', async () => {
  const { subject } = await run([sample('a')], ['deletion'], { fake: { methods: ['corner'] } });
  // One pass alone tells the class; then the picture, 63 copies and the blank image, by four.
  expect(subject.batches).toEqual([1, ...Array.from({ length: 16 }, () => 4), 1]);
});

test('the figures of a model that can be worked out', async () => {
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
  // Each pixel that goes takes the same: a straight line from 1 to 0.1.
  expect(method.verdicts.deletion.cells.deletion.value).toBeCloseTo(0.55, 10);
  expect(method.verdicts.deletion.line?.y.length).toBe(SIDE * SIDE + 1);
});

test('the true class is explained beside the predicted one where a metric asks for it, and only there', async () => {
  // Where the fake's map of class 2 lies, and that of class 1 does not.
  const truth = { label: 2, boxes: [[4, 0, 8, 4]] as const };
  const { records } = await run([sample('a', truth)], ['pointing-game', 'gt-loc', 'top1-loc']);
  const [record] = done(records);
  expect([record.predicted, record.label]).toEqual([1, 2]);
  expect(record.methods.corner.trueMap?.layers[0].data).toEqual([0, 3, 0, 0]);
  expect(record.methods.flat.trueMap, 'a map that ignores the class is kept once').toBeUndefined();
  expect(record.methods.corner.evidence).toEqual({
    'pointing-game': { value: 1 },
    'gt-loc': { value: 1 },
    'top1-loc': { value: 0 }, // the model says 1
  });
  expect(record.methods.flat.evidence['pointing-game']).toEqual({ value: 0, note: 'empty map' });
  const without = await run([sample('a', truth)], ['average-drop']);
  expect(done(without.records)[0].methods.corner.trueMap).toBeUndefined();
});

test('a label that the model does not have is named and counts as none', async () => {
  const { records } = await run(
    [sample('a', { label: 7, boxes: [[0, 0, 4, 4]] })],
    ['pointing-game', 'remove-and-classify'],
  );
  const [record] = done(records);
  expect(record.label).toBeUndefined();
  expect(record.problems).toEqual([{ where: 'a', what: "label beyond the model's 3 classes", got: '7' }]);
  expect(Object.keys(record.methods.corner.evidence)).toEqual(['pointing-game']);
});

test('what is done already is left out, and the rest is the same as without interruption', async () => {
  const samples = ['a', 'b', 'c', 'd', 'e'].map((name, i) => sample(name, {}, 100 + 30 * i));
  const names = ['deletion', 'road', 'remove-and-classify'];
  const whole = await run(samples, names);
  const later = await run(samples, names, { done: new Set(['a', 'b', 'c']) });
  const plain = (records: readonly AnyRecord[]) =>
    done(records).map(({ passes, ...record }) => ({ ...record, passes: passes.count }));
  expect(plain(later.records)).toEqual(plain(whole.records).slice(3));
  // Blocks stay as they were: c and d are explained together, a and b not again.
  expect(later.subject.explained).toEqual([2, 1]);
});

test('what is random differs from picture to picture, not from run to run', async () => {
  // Only the upper half counts, bright above a dark one so that blurring it takes its light: it is chance
  // whether enough of it is left.
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

test('a stop finishes the current picture and begins no other', async () => {
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

test('a picture that fails is named in its place; what concerns the run ends it', async () => {
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
  // The fake's weights do not look at the picture: nothing changes. b has no object.
  expect(done(records).map(({ methods }) => methods.corner.evidence)).toEqual([
    { counterfactual: { rank: 1, relative: 0, byRank: [0, 0, 0] } },
    {},
  ]);
  expect(subject.explained).toEqual([2, 1]);
});

test('metrics whose annotations are not there are left out and named; nothing left is an error', () => {
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
