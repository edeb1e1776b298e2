import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../node/folder.js';
import { builtProgram } from '../node/run/built.js';
import { begun, content, ended, journalLines, makePictures, run } from '../node/run/case.js';
import { generator } from '../random.js';

const { cli } = builtProgram();
const root = temporaryFolder();
const pictures = join(root, 'pictures');
const KILLS = 20;

/** A different seed every day; a printed seed can be given again. */
const seed = Number(process.env.ONNX_CAM_SEED ?? Math.floor(Date.now() / 86_400_000));

test.each([
  ['packed, two threads', ['--pack', '16', '--format', 'npy,png', '--workers', '2']],
  ['files of each picture, one thread', ['--format', 'npy,html', '--workers', '1']],
])(`killed twenty times at moments drawn with seed ${seed}, then resumed: %s`, async (name, format) => {
  const command = (out: string): string[] => [
    cli,
    'explain',
    '--model',
    'birds',
    ...['--backend', 'wasm', '--method', 'mi-cam,grad-cam', '--weights', '--batch', '2', ...format],
    ...['--out', out, '--resume', pictures],
  ];
  if (name.startsWith('packed')) await makePictures(pictures, 60);
  const whole = join(root, `whole ${name}`);
  const started = performance.now();
  expect((await run(command(whole))).code).toBe(0);
  const duration = performance.now() - started;

  const next = generator(seed);
  let [kills, runs] = [0, 0];
  for (; kills < KILLS; runs++) {
    const out = join(root, `torn ${name} ${runs}`);
    for (let code: number | null = null; code === null; ) {
      const journal = join(out, '.onnx-cam.jsonl');
      const before = journalLines(journal);
      const child = spawn(process.execPath, command(out), { stdio: 'ignore' });
      if (kills < KILLS) {
        // Half of the kills at any moment, including start and end; the other half in the middle of the work.
        const middle = next() < 0.5;
        if (middle) await begun(child, journal, before + 1);
        setTimeout(() => child.kill('SIGKILL'), (middle ? 0.1 : 1) * duration * next()).unref();
      }
      code = await ended(child);
      if (code === null) kills++;
    }
    expect([...content(out).keys()]).toEqual([...content(whole).keys()]);
    expect(content(out)).toEqual(content(whole));
  }
  console.log(`${name}: ${kills} kills in ${runs} runs, seed ${seed}`);
});
