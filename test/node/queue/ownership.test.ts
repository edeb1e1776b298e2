import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { npyHeader } from '../../../src/node/inputs/npy.js';
import type { ExplainFlags } from '../../../src/node/options/explain.js';
import { takeOver } from '../../../src/node/queue/ownership.js';
import { planRun } from '../../../src/node/run/plan.js';
import { runShare, type Watcher } from '../../../src/node/run/share.js';
import { ShareTaken } from '../../../src/node/run/work.js';
import { FakeExplainer } from '../fake.js';
import { temporaryFolder } from '../folder.js';

const root = temporaryFolder();

test('a new owner has the journal’s content; the previous one notices, and writes to a file that nobody reads', async () => {
  const journal = join(root, 'journal.jsonl');
  const first = await takeOver(journal);
  expect([await first(), readFileSync(journal, 'utf8')]).toEqual([true, '']);
  const file = await open(journal, 'r+');
  await file.appendFile('one\n');
  const second = await takeOver(journal);
  await file.appendFile('too late\n');
  await file.close();
  expect(readFileSync(journal, 'utf8')).toBe('one\n');
  expect([await first(), await second()]).toEqual([false, true]);
  expect(readdirSync(root)).toEqual(['journal.jsonl']);
});

test('a finished journal has no owner; one that cannot be taken over is an error', async () => {
  const owned = await takeOver(join(root, 'journal.jsonl'));
  expect(await owned()).toBe(true);
  await expect(takeOver(join(root, 'nowhere', 'journal.jsonl'))).rejects.toMatchObject({
    code: 'output',
    message: expect.stringContaining('no such file or folder (ENOENT)'),
  });
});

test('work that another process took over ends: no summary, no array is renamed, the journal stays the other’s', async () => {
  const out = join(root, 'out');
  const input = join(root, 'five.npy');
  const values = new Float32Array(5 * 3 * 8 * 8);
  writeFileSync(input, Buffer.concat([npyHeader([5, 3, 8, 8]), new Uint8Array(values.buffer)]));
  mkdirSync(out);
  const method = {
    name: 'grad',
    needs: [],
    classAgnostic: false,
    map: () => {
      throw new Error('the fake explainer runs no method');
    },
  };
  const deps = {
    methods: { grad: () => method },
    bundledModel: join(root, 'model.onnx'),
    openExplainer: async (_: string, options: ConstructorParameters<typeof FakeExplainer>[0]) =>
      new FakeExplainer(options, {}),
  };
  writeFileSync(deps.bundledModel, 'a model');
  const flags: ExplainFlags = {
    model: 'birds',
    method: ['grad'],
    target: [],
    score: 'logit',
    region: 3,
    bins: 64,
    backend: 'wasm',
    runtime: 'auto',
    out,
    format: ['npy'],
    colormap: 'turbo',
    batch: 1,
  };
  const { plan, read, jobs } = await planRun('explain', [input], flags, deps);
  let images = 0;
  const watcher: Watcher = {
    notice: () => undefined,
    started: () => undefined,
    image: () => {
      images++;
    },
    stopping: () => false,
    signal: new AbortController().signal,
    stopped: () => undefined,
    failures: () => undefined,
  };
  const journal = join(out, '.journal.jsonl');
  const share = { plan, read, jobs, journal, resume: true, keepJournal: false };
  // Units in hand end side by side: each asks for itself, and three are told yes.
  let asked = 0;
  const others = async (): Promise<boolean> => ++asked <= 3;
  await expect(runShare({ ...share, owned: others }, watcher, deps)).rejects.toBeInstanceOf(ShareTaken);
  expect(images).toBe(3);
  expect(readdirSync(out).sort()).toEqual(['.journal.jsonl', 'five.grad.npy.onnx-cam.partial']);
  expect(readFileSync(journal, 'utf8').split('\n')).toHaveLength(1 + 3 + 1);

  // The other goes on from there.
  const owned = await takeOver(journal);
  await runShare({ ...share, owned }, watcher, deps);
  expect(images).toBe(5);
  expect(readdirSync(out).sort()).toEqual(['.onnx-cam.files', 'five.grad.npy', 'summary.json']);
  expect(JSON.parse(readFileSync(join(out, 'summary.json'), 'utf8'))).toHaveLength(5);
  expect(existsSync(journal)).toBe(false);
  expect(await owned()).toBe(false);
});
