import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { temporaryFolder } from '../folder.js';
import { builtProgram } from './built.js';
import { begun, content, ended, journalLines, makePictures, run } from './case.js';

const { cli } = builtProgram();
const root = temporaryFolder();
const pictures = join(root, 'pictures');
const COUNT = 61;

beforeAll(async () => {
  // One that is broken: failures are resumed as well.
  await makePictures(pictures, COUNT, 128, 30);
});

const command = (out: string, ...more: string[]): string[] => [
  cli,
  'explain',
  '--model',
  'birds',
  ...['--backend', 'wasm', '--method', 'mi-cam,grad-cam', '--weights', '--workers', '2', '--batch', '4'],
  ...['--out', out, ...more, pictures],
];

describe('killed at a random moment', () => {
  test.each([
    ['packed', ['--format', 'npy', '--pack', '16']],
    ['a file per picture', ['--format', 'npy,png']],
  ])(
    '--resume gives what an undisturbed run gives (%s)',
    async (_, format) => {
      const [whole, torn] = [join(root, `whole-${format.length}`), join(root, `torn-${format.length}`)];
      expect((await run(command(whole, ...format))).code).toBe(1);
      const journal = join(torn, '.onnx-cam.jsonl');
      const child = spawn(process.execPath, command(torn, ...format), { stdio: 'ignore' });
      // Some units are done and some are not: 16 units of 4 pictures.
      await begun(child, journal, 4);
      child.kill('SIGKILL');
      await ended(child);
      const done = journalLines(journal) - 1;
      expect(done).toBeGreaterThan(0);
      expect(done).toBeLessThan(16);
      // A line that was being written.
      writeFileSync(journal, '{"unit": 99, "outco', { flag: 'a' });
      expect((await run(command(torn, ...format, '--resume'))).code).toBe(1);
      expect([...content(torn).keys()]).toEqual([...content(whole).keys()]);
      expect(content(torn)).toEqual(content(whole));
    },
    120_000,
  );

  test('SIGTERM stops it as Ctrl-C does: the current pictures are finished and reported', async () => {
    const out = join(root, 'ended');
    const args = command(out, '--format', 'npy').map((arg) => (arg === '2' ? '1' : arg));
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe'] });
    let told = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      told += text;
    });
    await begun(child, join(out, '.onnx-cam.jsonl'));
    child.kill('SIGTERM');
    expect(await ended(child)).toBe(130);
    expect(told).toContain('stopping after the current pictures');
    const done = JSON.parse(readFileSync(join(out, 'summary.json'), 'utf8')).length;
    expect(done).toBeGreaterThan(0);
    expect(done).toBeLessThan(2 * COUNT);
  }, 60_000);
});

test('shards together write what one run writes, and share no file', async () => {
  const [whole, parts] = [join(root, 'one'), join(root, 'three')];
  const packed = ['--format', 'npy', '--pack', '8'];
  expect((await run(command(whole, ...packed))).code).toBe(1);
  const codes: (number | null)[] = [];
  for (const shard of ['1/3', '2/3', '3/3'])
    codes.push((await run(command(parts, ...packed, '--shard', shard))).code);
  expect(codes.toSorted()).toEqual([0, 0, 1]);
  const arrays = (folder: string) => new Map([...content(folder)].filter(([name]) => name.endsWith('.npy')));
  expect(arrays(parts)).toEqual(arrays(whole));
  const entries = (folder: string, names: readonly string[]) =>
    names
      .flatMap((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')) as { input: string }[])
      .map((entry) => JSON.stringify({ ...entry, milliseconds: 0 }))
      .sort();
  const shares = ['1', '2', '3'].map((i) => `summary.${i}-of-3.json`);
  expect(entries(parts, shares)).toEqual(entries(whole, ['summary.json']));
}, 180_000);
