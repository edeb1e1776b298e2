import { spawn } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../folder.js';
import { builtProgram } from './built.js';
import { begun, content, ended, makePictures, picture, run } from './case.js';

const { cli } = builtProgram();
const root = temporaryFolder();
const pictures = join(root, 'pictures');

const command = (out: string, ...more: string[]): string[] => [
  cli,
  'explain',
  '--model',
  'birds',
  ...['--backend', 'wasm', '--method', 'mi-cam,grad-cam', '--weights', '--workers', '1', '--batch', '1'],
  ...['--pack', '8', '--format', 'npy,png', '--out', out, ...more, pictures],
];

test('rows of changed pictures are written again, into complete and into partial arrays', async () => {
  await makePictures(pictures, 24);
  const out = join(root, 'out');
  const child = spawn(process.execPath, command(out), { stdio: 'ignore' });
  // The heading, eight pictures, that their arrays have names, and four pictures.
  await begun(child, join(out, '.onnx-cam.jsonl'), 1 + 8 + 1 + 4);
  child.kill('SIGKILL');
  await ended(child);
  expect(existsSync(join(out, 'part-00000.mi-cam.npy'))).toBe(true);
  const journal = readFileSync(join(out, '.onnx-cam.jsonl'), 'utf8');
  const changed = ['01', '05', '09', '23'].map((name) => join(pictures, `${name}.png`));
  for (const [i, path] of changed.entries()) writeFileSync(path, await picture(100 + i, 128));
  const again = changed.filter((path) => journal.includes(`"input":"${path}"`)).length;
  expect(again).toBeGreaterThanOrEqual(3);
  const resumed = await run(command(out, '--resume'));
  expect([resumed.code, resumed.out]).toEqual([
    0,
    expect.stringContaining(`24 of 24 pictures explained, ${again} of them again because they changed, in `),
  ]);
  const fresh = join(root, 'fresh');
  expect((await run(command(fresh))).code).toBe(0);
  expect([...content(out).keys()]).toEqual([...content(fresh).keys()]);
  expect(content(out)).toEqual(content(fresh));
}, 60_000);
