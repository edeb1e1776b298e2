import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { temporaryFolder } from '../node/folder.js';
import { builtProgram } from '../node/run/built.js';
import { makePictures, run } from '../node/run/case.js';
import { noTmpfs, onFullDisk } from '../node/run/full-disk.js';

const { cli } = builtProgram();
const root = temporaryFolder();
const missing = noTmpfs(root);
const pictures = join(root, 'pictures');

const ways: readonly (readonly [string, readonly string[], number])[] = [
  ['one array of all', ['--pack', '12'], 830],
  ['several arrays and an overlay', ['--pack', '5', '--format', 'npy,png,html', '--weights', '--raw'], 1500],
  ['files of each picture, two threads', ['--format', 'npy,png', '--weights'], 1400],
];

describe.skipIf(missing)(`disks of ten sizes${missing ? ` (skipped: ${missing})` : ''}`, () => {
  beforeAll(() => makePictures(pictures, 12));

  test.each(ways)('%s', async (name, format, kilobytes) => {
    const command = (out: string, ...more: string[]): string[] => [
      cli,
      'explain',
      '--model',
      'birds',
      ...['--backend', 'wasm', '--batch', '1', '--workers', name.endsWith('threads') ? '2' : '1'],
      ...[...format, '--out', out, ...more, pictures],
    ];
    const stem = name.replaceAll(/\W/g, '-');
    const whole = join(root, `whole-${stem}`);
    expect((await run(command(whole))).code).toBe(0);
    const codes: (number | null)[] = [];
    for (let i = 0; i < 10; i++) {
      const bytes = Math.round(((i + 0.6) / 10) * kilobytes) * 1024;
      codes.push((await onFullDisk(join(root, `${stem}-${i}`), bytes, command, whole)).code);
    }
    // Each run succeeds, or says that the disk is full. Most disks are too small.
    expect(codes.filter((code) => code !== 0 && code !== 2)).toEqual([]);
    expect(codes.filter((code) => code === 2).length).toBeGreaterThanOrEqual(7);
  });
});
