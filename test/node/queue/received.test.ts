import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve, sep } from 'node:path';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { CamError } from '../../../src/errors.js';
import { npyHeader } from '../../../src/node/inputs/npy.js';
import type { ExplainFlags } from '../../../src/node/options/explain.js';
import { type ShardPayload, shardRun } from '../../../src/node/queue/payload.js';
import { received } from '../../../src/node/queue/received.js';
import { runShard } from '../../../src/node/queue/shard.js';
import { planRun } from '../../../src/node/run/plan.js';
import { FakeExplainer } from '../fake.js';
import { temporaryFolder } from '../folder.js';
import { tarOf } from '../inputs/archive-case.js';
import { zipOf } from '../inputs/zip-bytes.js';

const root = temporaryFolder();
const out = join(root, 'out');
const VERSION = '1.2.3';
const names = ['mi-cam', 'grad'];
const method = (name: string) => () => ({
  name,
  needs: [],
  classAgnostic: true,
  map: () => {
    throw new Error('not run');
  },
});
const methods = { 'mi-cam': method('mi-cam'), grad: method('grad') };

const defaults = {
  target: [],
  score: 'logit',
  region: 3,
  bins: 64,
  backend: 'auto',
  runtime: 'auto',
  colormap: 'turbo',
  out,
} as const;

/** A payload as it is read from Redis. */
async function payloadOf(more: Partial<ExplainFlags> = {}): Promise<ShardPayload> {
  const model = join(root, 'm.onnx');
  const paths = ['a.png', 't.npy', 'z.zip', 'y.tar', 'none.png'].map((name) => join(root, name));
  const flags: ExplainFlags = { ...defaults, model, ...more };
  const planned = await planRun('enqueue', paths, flags, {
    methods,
    bundledModel: model,
    openExplainer: () => Promise.reject(new Error('nothing is opened')),
  });
  const sharded = shardRun(planned, { version: VERSION, embedded: false, force: false, shards: 1 });
  return JSON.parse(JSON.stringify(sharded.payload(1)));
}

beforeAll(async () => {
  writeFileSync(join(root, 'm.onnx'), 'model');
  writeFileSync(join(root, 'a.png'), 'x');
  writeFileSync(join(root, 't.npy'), Buffer.concat([npyHeader([3, 3, 2, 2]), Buffer.alloc(4 * 36)]));
  writeFileSync(join(root, 'z.zip'), zipOf([{ name: 'd/1.png', data: Buffer.from('x'), method: 8 }]));
  writeFileSync(join(root, 'y.tar'), await tarOf([{ name: '2.png', data: Buffer.from('x') }]));
});

describe('what enqueue sends', () => {
  test.each([
    ['by default', {}],
    ['packed', { pack: 2, raw: true, weights: true, batch: 4, workers: 2, threads: 1 }],
    [
      'all kinds',
      {
        format: ['png', 'npy', 'html', 'poster'],
        layer: ['a', 'b'],
        target: [1, 'tench'],
        alpha: 0.5,
        heatOnly: true,
        augment: true,
      },
    ],
    ['targets that are no class', { target: ['box:0', 'box:1'], boxes: 'v8' }],
    ['on a GPU', { runtime: 'webgpu', resolution: 64, eigenSmooth: true, target: [[1, 2, 0, 1, 0, 2, 1]] }],
  ] as const)('is taken as it is (%s)', async (_, more) => {
    const payload = await payloadOf(more as Partial<ExplainFlags>);
    expect(JSON.parse(JSON.stringify(received(payload, VERSION, names)))).toEqual(payload);
  });

  test('is accepted with the settings that were read beside the model', async () => {
    writeFileSync(
      join(root, 'p.json'),
      JSON.stringify({ size: [8, 8], mean: [0.5, 0.5, 0.5], std: [1, 1, 1], labels: ['a', 'b'] }),
    );
    const payload = await payloadOf({ preprocess: join(root, 'p.json') });
    expect(payload.plan.explainer.preprocessing).toBeDefined();
    expect(JSON.parse(JSON.stringify(received(payload, VERSION, names)))).toEqual(payload);
  });
});

/** Sets fields by their paths, such as `inputs.0.stem`. */
function changed(payload: object, changes: Readonly<Record<string, unknown>>): object {
  const copy = structuredClone(payload);
  for (const [path, value] of Object.entries(changes)) {
    const keys = path.split('.');
    let at: object = copy;
    for (const key of keys.slice(0, -1)) at = Reflect.get(at, key);
    Reflect.set(at, keys.at(-1) as string, value);
  }
  return copy;
}

const stem = (value: unknown) => ({ 'inputs.0.stem': value, 'images.0.place.stem': value });
const rows = (value: unknown) =>
  Object.fromEntries(Array.from({ length: 7 }, (_, i) => [`images.${i}.place.rows`, value]));

test.each<[string, Readonly<Record<string, unknown>>]>([
  ['a stem that leads out', stem('../victim/x')],
  ['a stem that leads out further on', stem('a/../../victim/x')],
  ['a stem that goes in a circle', stem('a/../x')],
  ['a full path as stem', stem('/etc/x')],
  ['a NUL in a stem', stem('x\0')],
  ['an empty stem', stem('')],
  ['a number as stem', stem(7)],
  ['arrays elsewhere than the input says', { 'images.0.place.stem': '../victim/x' }],
  ['a shard count that leads out', { 'shard.count': '/../../x' }],
  ['a shard index above the count', { 'shard.index': 9 }],
  ['a shard index of 0', { 'shard.index': 0 }],
  ['half a shard', { 'shard.count': 1.5 }],
  ['a run that leads out', { run: '../../x' }],
  ['another version', { version: '1.2.4' }],
  ['a relative folder of results', { 'plan.unit.output.out': 'out' }],
  ['a relative model', { 'plan.model': '../m.onnx' }],
  ['a relative input', { 'inputs.0.path': 'a.png' }],
  ['a relative archive', { 'inputs.2.entry.archive': 'z.zip' }],
  ['an entry of 1e15 bytes', { 'inputs.2.entry.size': 1e15 }],
  ['an entry before the file', { 'inputs.2.entry.offset': -1 }],
  ['an entry of another kind', { 'inputs.2.entry.kind': 'rar' }],
  ['an image of 1e15 bytes', { 'inputs.1.images.imageShape.1': 1e15 }],
  ['another file in the tensor', { 'inputs.1.images.path': '/etc/passwd' }],
  ['a shape that is not the images’', { 'inputs.1.images.shape': [1] }],
  ['an image that the input has not', { 'images.0.image': 1, 'images.0.place.row': 1 }],
  ['an input that is not there', { 'images.0.input': 99 }],
  ['a row twice', { 'images.2.image': 0, 'images.2.place.row': 0 }],
  ['1e9 rows', rows(1e9)],
  ['an index twice', { 'images.1.index': 0 }],
  ['an unknown method', { 'plan.methods': ['constructor'] }],
  ['bins that are none', { 'plan.methodOptions.bins': 63 }],
  ['an unknown backend', { 'plan.explainer.backend': 'cuda' }],
  ['a runtime that the backend does not go with', { 'plan.explainer.runtime': 'webgpu' }],
  ['a preprocessing with no size', { 'plan.unit.preprocessing': { mean: [0, 0, 0], std: [1, 1, 1] } }],
  ['an opacity of 2', { 'plan.unit.output.overlay.alpha': 2 }],
  ['an unknown colour map', { 'plan.unit.output.overlay.colormap': 'x' }],
  ['a picture format that leads out', { 'plan.unit.output.pictures': ['/../../x.png'] }],
  ['a batch of 0', { 'plan.batch': 0 }],
  ['-1 workers', { workers: -1 }],
  ['a field that is not known', { 'plan.unit.output.script': 'x' }],
  ['a target that is an object', { 'images.0.targets': [{}] }],
  ['a missing field', { 'plan.unit.output.out': undefined }],
  ['no list of inputs', { inputs: { length: 5 } }],
])('%s is refused', async (_, changes) => {
  const payload = changed(await payloadOf(), changes);
  expect(() => received(payload, VERSION, names)).toThrow(CamError);
  expect(() => received(payload, VERSION, names)).toThrow(/^queue: .*expected .*, got /);
});

test.each([undefined, null, 7, 'x', [], {}, { version: VERSION }])('%j is no payload', (data) => {
  expect(() => received(data, VERSION, names)).toThrow(CamError);
});

test('parts of packed runs have no other names', async () => {
  const payload = changed(await payloadOf({ pack: 1 }), { 'images.0.place.stem': '../part-00000' });
  expect(() => received(payload, VERSION, names)).toThrow('expected the name of a part');
});

test('any value in any field: refused, or results are written below --out', async () => {
  const whole = await payloadOf();
  const paths: string[] = [];
  const collect = (value: unknown, path: string): void => {
    if (path !== '') paths.push(path.slice(1));
    if (typeof value === 'object' && value !== null)
      for (const [key, one] of Object.entries(value)) collect(one, `${path}.${key}`);
  };
  collect(whole, '');
  const odd = fc.oneof(
    fc.constantFrom(
      '../x',
      '/etc/x',
      'a/..',
      '..',
      '.',
      '',
      'x\0y',
      'a//b',
      './a',
      'C:\\x',
      '__proto__',
      'part-00000/../../x',
    ),
    fc.constantFrom(-1, 0, 1.5, 1e300, Number.MAX_SAFE_INTEGER, true, null, {}, []),
    fc.jsonValue(),
  );
  let [refused, taken] = [0, 0];
  fc.assert(
    fc.property(fc.constantFrom(...paths), odd, (path, value) => {
      let read: ShardPayload;
      try {
        read = received(changed(whole, { [path]: value }), VERSION, names);
        taken++;
      } catch (error) {
        expect(error).toBeInstanceOf(CamError);
        refused++;
        return;
      }
      const folder = `${resolve(read.plan.unit.output.out)}${sep}`.replace(/\/\/$/, '/');
      for (const input of read.inputs)
        if (input.kind !== 'failed')
          expect(resolve(folder, `${input.stem}.x.png`).startsWith(folder)).toBe(true);
      for (const { place, input } of read.images)
        if (read.inputs[input].kind !== 'failed')
          expect(resolve(folder, `${place.stem}.x.npy`).startsWith(folder)).toBe(true);
    }),
    { numRuns: 1000 },
  );
  expect(refused).toBeGreaterThan(taken);
});

test('a worker writes nothing of a payload that is refused, and overwrites no file of the user', async () => {
  mkdirSync(out, { recursive: true });
  mkdirSync(join(root, 'victim'));
  const deps = {
    version: VERSION,
    methods,
    bundledModel: '',
    openExplainer: async (_: string, given: ConstructorParameters<typeof FakeExplainer>[0]) =>
      new FakeExplainer(given, {}),
  };
  const watcher = {
    notice: () => undefined,
    passes: () => undefined,
    progress: () => undefined,
    stopping: () => false,
    signal: new AbortController().signal,
    failures: () => undefined,
  };
  const run = (payload: unknown) => runShard(payload, watcher, deps as never);
  const payload = await payloadOf();
  await expect(run(changed(payload, stem('../victim/x')))).rejects.toThrow(
    'expected a name below the folder of results, got "../victim/x"',
  );
  expect(existsSync(join(root, 'victim', 'x.mi-cam.png'))).toBe(false);
  writeFileSync(join(out, 'summary.1-of-1.json'), 'mine');
  await expect(run(payload)).rejects.toThrow('"summary.1-of-1.json"');
  expect(await run(changed(payload, { force: true }))).toMatchObject({ failed: 4 });
});
