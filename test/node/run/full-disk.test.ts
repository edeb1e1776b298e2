import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { temporaryFolder } from '../folder.js';
import { builtProgram } from './built.js';
import { makePictures, run } from './case.js';
import { noTmpfs, onFullDisk } from './full-disk.js';

const { cli } = builtProgram();
const root = temporaryFolder();
const missing = noTmpfs(root);
const pictures = join(root, 'pictures');
const whole = join(root, 'whole');

/** One array of twelve rows, 64 KiB each. */
const command = (out: string, ...more: string[]): string[] => [
  cli,
  'explain',
  '--model',
  'birds',
  ...['--backend', 'wasm', '--batch', '1', '--pack', '12', '--workers', '1', '--out', out, ...more, pictures],
];

describe.skipIf(missing)(`a disk that is full${missing ? ` (skipped: ${missing})` : ''}`, () => {
  beforeAll(async () => {
    await makePictures(pictures, 12);
    expect((await run(command(whole))).code).toBe(0);
  });

  test('in the middle of a row: the run ends with 2 and says why, --resume does the rest', async () => {
    const { code, err } = await onFullDisk(join(root, '748k'), 748 * 1024, command, whole);
    expect(code).toBe(2);
    expect(err).toContain('could not be written: no space left on the device (ENOSPC).\n');
    expect(err).toContain('onnx-cam: stopped: --resume with the same command goes on from here.\n');
  }, 60_000);

  test('before the first result: the error names the folder', async () => {
    const { code, err } = await onFullDisk(join(root, '4k'), 4096, command, whole);
    expect([code, err]).toEqual([2, expect.stringContaining('(ENOSPC)')]);
  }, 60_000);
});
