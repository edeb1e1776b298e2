import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import sharp from 'sharp';
import { beforeAll, describe, expect, test } from 'vitest';
import { temporaryFolder } from '../folder.js';
import { builtProgram } from './built.js';

const { cli } = builtProgram();
const root = temporaryFolder();
const pictures = join(root, 'pictures');
const COUNT = 61;

beforeAll(async () => {
  mkdirSync(pictures);
  for (let i = 0; i < COUNT; i++) {
    const size = 128;
    const pixels = Uint8Array.from({ length: size * size * 3 }, (_, p) => (p * (i + 3)) ^ (p >> 7));
    const png = await sharp(pixels, { raw: { width: size, height: size, channels: 3 } })
      .png()
      .toBuffer();
    // One that is broken: failures are resumed as well.
    writeFileSync(join(pictures, `${String(i).padStart(2, '0')}.png`), i === 30 ? png.subarray(0, 40) : png);
  }
});

const command = (out: string, ...more: string[]): string[] => [
  cli,
  'explain',
  ...['--backend', 'wasm', '--method', 'mi-cam,grad-cam', '--weights', '--workers', '2', '--batch', '4'],
  ...['--out', out, ...more, pictures],
];

const run = (args: readonly string[]) =>
  promisify(execFile)(process.execPath, args).then(
    () => 0,
    (error: { code?: number }) => error.code,
  );

const ended = (child: ChildProcess) => once(child, 'exit');

/** All files with their content; times differ from run to run. */
function content(folder: string): Map<string, string> {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((one) => one.isFile());
  return new Map(
    files
      .map(({ parentPath, name }) => join(parentPath, name))
      .filter((path) => !path.includes('.onnx-cam'))
      .sort()
      .map((path) => {
        const bytes = readFileSync(path).toString('latin1');
        return [path.slice(folder.length), bytes.replace(/"milliseconds": ?[\d.]+/g, '')];
      }),
  );
}

describe('killed at a random moment', () => {
  test.each([
    ['packed', ['--format', 'npy', '--pack', '16']],
    ['a file per picture', ['--format', 'npy,png']],
  ])(
    '--resume gives what an undisturbed run gives (%s)',
    async (_, format) => {
      const [whole, torn] = [join(root, `whole-${format.length}`), join(root, `torn-${format.length}`)];
      expect(await run(command(whole, ...format))).toBe(1);
      const journal = join(torn, '.onnx-cam.jsonl');
      const child = spawn(process.execPath, command(torn, ...format), { stdio: 'ignore' });
      const lines = (): number => {
        try {
          return readFileSync(journal, 'utf8').split('\n').length - 1;
        } catch {
          return 0;
        }
      };
      // Some units are done and some are not: 16 units of 4 pictures.
      while (lines() < 4 && child.exitCode === null) await new Promise((resolve) => setTimeout(resolve, 5));
      child.kill('SIGKILL');
      await ended(child);
      const done = lines() - 1;
      expect(done).toBeGreaterThan(0);
      expect(done).toBeLessThan(16);
      // A line that was being written.
      writeFileSync(journal, '{"unit": 99, "outco', { flag: 'a' });
      expect(await run(command(torn, ...format, '--resume'))).toBe(1);
      expect([...content(torn).keys()]).toEqual([...content(whole).keys()]);
      expect(content(torn)).toEqual(content(whole));
    },
    120_000,
  );

  test('SIGTERM stops it as Ctrl-C does: what is in hand is finished and told', async () => {
    const out = join(root, 'ended');
    const args = command(out, '--format', 'npy').map((arg) => (arg === '2' ? '1' : arg));
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe'] });
    let told = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      told += text;
    });
    const journal = join(out, '.onnx-cam.jsonl');
    const begun = () => existsSync(journal) && readFileSync(journal, 'utf8').split('\n').length > 2;
    while (!begun() && child.exitCode === null) await new Promise((resolve) => setTimeout(resolve, 5));
    child.kill('SIGTERM');
    expect((await ended(child))[0]).toBe(130);
    expect(told).toContain('stopping after the pictures in hand');
    const done = JSON.parse(readFileSync(join(out, 'summary.json'), 'utf8')).length;
    expect(done).toBeGreaterThan(0);
    expect(done).toBeLessThan(2 * COUNT);
  }, 60_000);

  test('--resume refuses another run’s journal and names what differs', async () => {
    const out = join(root, 'other');
    mkdirSync(out);
    const heading = { version: 1, run: { model: 'x', options: 'y', inputs: 'z' } };
    writeFileSync(join(out, '.onnx-cam.jsonl'), `${JSON.stringify(heading)}\n`);
    const failure = await promisify(execFile)(process.execPath, command(out, '--resume')).catch(
      (error: { stderr: string }) => error.stderr,
    );
    expect(failure).toContain(
      `--resume: ${join(out, '.onnx-cam.jsonl')} holds a run with other settings (model, options, inputs). ` +
        'Give the same command, choose another --out, or begin anew without --resume.',
    );
  }, 60_000);
});

test('shards together write what one run writes, and share no file', async () => {
  const [whole, parts] = [join(root, 'one'), join(root, 'three')];
  const packed = ['--format', 'npy', '--pack', '8'];
  expect(await run(command(whole, ...packed))).toBe(1);
  const codes: (number | undefined)[] = [];
  for (const shard of ['1/3', '2/3', '3/3'])
    codes.push(await run(command(parts, ...packed, '--shard', shard)));
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
