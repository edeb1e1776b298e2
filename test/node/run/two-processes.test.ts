import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { temporaryFolder } from '../folder.js';
import { builtProgram } from './built.js';
import { begun, content, ended, makePictures, run } from './case.js';

const { cli } = builtProgram();
const root = temporaryFolder();
const pictures = join(root, 'pictures');
const whole = join(root, 'whole');

const command = (out: string, ...more: string[]): string[] => [
  cli,
  'explain',
  '--model',
  'birds',
  ...['--backend', 'wasm', '--batch', '1', '--pack', '60', '--workers', '1', '--out', out, ...more, pictures],
];

beforeAll(async () => {
  await makePictures(pictures, 60);
  expect((await run(command(whole))).code).toBe(0);
});

const locks = (folder: string): string[] => readdirSync(folder).filter((name) => name.endsWith('.lock'));

test('the second of two processes in one --out is refused; the first writes the same as alone', async () => {
  const out = join(root, 'two');
  const first = spawn(process.execPath, command(out), { stdio: 'ignore' });
  await begun(first, join(out, '.onnx-cam.jsonl'));
  // So that it is still there when the others look.
  first.kill('SIGSTOP');
  const others = [
    command(out),
    command(out, '--resume'),
    command(out, '--shard', '1/2'),
    [
      cli,
      'evaluate',
      '--model',
      'birds',
      '--model',
      'birds',
      '--data',
      pictures,
      '--metrics',
      'average-drop',
      '--out',
      out,
    ],
  ];
  for (const second of await Promise.all(others.map(run))) {
    expect(second).toMatchObject({
      code: 2,
      out: '',
      err: expect.stringContaining(
        `--out: "${out}" is being written by another run: process ${first.pid} on ${hostname()}, since 2`,
      ),
    });
  }
  first.kill('SIGCONT');
  expect(first.exitCode).toBeNull();
  expect(await ended(first)).toBe(0);
  expect(content(out)).toEqual(content(whole));
  expect(locks(out)).toEqual([]);
}, 60_000);

test('after kill -9 the folder is free at once', async () => {
  const out = join(root, 'killed');
  const first = spawn(process.execPath, command(out), { stdio: 'ignore' });
  await begun(first, join(out, '.onnx-cam.jsonl'), 5);
  first.kill('SIGKILL');
  await ended(first);
  expect(locks(out)).toHaveLength(1);
  expect((await run(command(out, '--resume'))).code).toBe(0);
  expect(content(out)).toEqual(content(whole));
  expect(locks(out)).toEqual([]);
}, 60_000);

test('shards run side by side', async () => {
  const out = join(root, 'shards');
  const ends = await Promise.all([1, 2].map((i) => run(command(out, '--pack', '30', '--shard', `${i}/2`))));
  expect(ends.map(({ code }) => code)).toEqual([0, 0]);
  expect(locks(out)).toEqual([]);
}, 60_000);
