import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { jobsOfShard, planJobs } from '../../../src/node/inputs/jobs.js';
import { readNpy } from '../../../src/node/inputs/npy.js';
import { broken, explain, out, picture, summary, tensor, written } from './explain-case.js';

const pictures = (count: number) =>
  Array.from({ length: count }, (_, i) => ({ kind: 'picture' as const, path: `${i}.png`, stem: String(i) }));

describe('--pack', () => {
  test('arrays of several inputs, with a row for each and an index; no file per picture', async () => {
    const inputs = [await picture('a.png'), broken('b.png'), await picture('c.png'), await picture('d.png')];
    const { code, out: text } = await explain(['--pack', '3', '--weights', ...inputs]);
    expect(code).toBe(1);
    expect(written()).toEqual([
      'index.jsonl',
      'part-00000.mi-cam.npy',
      'part-00000.mi-cam.weights.npy',
      'part-00001.mi-cam.npy',
      'part-00001.mi-cam.weights.npy',
      'summary.json',
    ]);
    const { data, shape } = await readNpy(join(out, 'part-00000.mi-cam.npy'));
    expect(shape).toEqual([3, 8, 8]);
    // The row of the broken one is NaN.
    expect([0, 1, 2].map((row) => data.slice(row * 64, (row + 1) * 64).some(Number.isNaN))).toEqual([
      false,
      true,
      false,
    ]);
    const outputs = (part: number) => [`part-0000${part}.mi-cam.npy`, `part-0000${part}.mi-cam.weights.npy`];
    expect(summary()).toMatchObject([
      { input: inputs[0], row: 0, outputs: outputs(0) },
      { input: inputs[1], error: expect.any(String) },
      { input: inputs[2], row: 2, outputs: outputs(0) },
      { input: inputs[3], row: 0, outputs: outputs(1) },
    ]);
    const lines = readFileSync(join(out, 'index.jsonl'), 'utf8').trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line))).toEqual(summary());
    expect(text).toContain(`Written to ${out}: 4 arrays, summary.json, index.jsonl.`);
  });

  test('images of another size begin a part of their own, so that arrays stay rectangular', async () => {
    const inputs = [
      tensor('a.npy', [2, 3, 8, 8]),
      tensor('b.npy', [3, 9, 9]),
      await picture('c.png'),
      tensor('d.npy', [3, 9, 9]),
    ];
    expect((await explain(['--pack', '9', ...inputs])).code).toBe(0);
    const places = summary() as { outputs: string[]; row: number }[];
    expect(places.map(({ outputs, row }) => `${outputs} ${row}`)).toEqual([
      'part-00000.mi-cam.npy 0',
      'part-00000.mi-cam.npy 1',
      'part-00001.mi-cam.npy 0',
      'part-00002.mi-cam.npy 0',
      'part-00003.mi-cam.npy 0',
    ]);
  });

  test('the contact sheet names pictures, not parts', async () => {
    expect((await explain(['--pack', '4', '--format', 'html', await picture('a.png')])).code).toBe(0);
    const html = readFileSync(join(out, 'index.html'), 'utf8');
    expect(html).toContain('>a.png</h2>');
    expect(html).not.toContain('part-00000');
  });

  test('overlays as well where they are requested', async () => {
    expect((await explain(['--pack', '4', '--format', 'png', await picture('a.png')])).code).toBe(0);
    expect(existsSync(join(out, 'a.mi-cam.png'))).toBe(true);
    expect(existsSync(join(out, 'part-00000.mi-cam.npy'))).toBe(false);
  });
});

describe('shards', () => {
  test.each([1, 2, 3, 7, 20])('%i shares hold every job once, in order', (count) => {
    const jobs = planJobs(pictures(17), ['predicted']);
    const shares = Array.from({ length: count }, (_, i) => jobsOfShard(jobs, { index: i + 1, count }));
    const all = shares.flatMap((share) => share.map(({ index }) => index));
    expect(all.toSorted((a, b) => a - b)).toEqual(jobs.map(({ index }) => index));
    const sizes = shares.map(({ length }) => length);
    expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
  });

  test('images that share an array stay together', () => {
    const jobs = planJobs(pictures(10), ['predicted'], 4);
    const shares = [1, 2].map((index) => jobsOfShard(jobs, { index, count: 2 }).map((job) => job.index));
    expect(shares).toEqual([
      [0, 1, 2, 3, 8, 9],
      [4, 5, 6, 7],
    ]);
  });

  test.each(['0/3', '4/3', '1', '1/0', 'a/b', '1/2/3'])('--shard %s is refused', async (text) => {
    const { code, err } = await explain(['--shard', text, 'a.png']);
    expect([code, err]).toEqual([
      2,
      `onnx-cam: --shard: expected i/n with i from 1 to n, as in 3/8, got "${text}".\n`,
    ]);
  });
});
