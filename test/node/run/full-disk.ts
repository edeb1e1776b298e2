import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { content, type Ended, run } from './case.js';

const mount = (...args: string[]) => spawnSync('mount', ['-t', 'tmpfs', ...args], { encoding: 'utf8' });

/** Why tests cannot mount a file system of a chosen size; undefined where they can. */
export function noTmpfs(folder: string): string | undefined {
  const probe = join(folder, 'probe');
  mkdirSync(probe);
  const { status, stderr, error } = mount('-o', 'size=64k', 'tmpfs', probe);
  if (status === 0) spawnSync('umount', [probe]);
  return status === 0 ? undefined : `mounting a tmpfs is not permitted: ${(error?.message ?? stderr).trim()}`;
}

/**
 * Runs a command that writes into a disk of so many bytes, then enlarges the disk and resumes.
 * @param command  Its arguments, given the folder of results.
 * @param whole    The results of an undisturbed run.
 * @returns How the first run ended.
 */
export async function onFullDisk(
  disk: string,
  bytes: number,
  command: (out: string, ...more: string[]) => string[],
  whole: string,
): Promise<Ended> {
  mkdirSync(disk);
  const made = mount('-o', `size=${bytes}`, 'tmpfs', disk);
  expect([made.status, made.stderr]).toEqual([0, '']);
  try {
    const out = join(disk, 'out');
    const first = await run(command(out));
    const enlarged = mount('-o', 'remount,size=100m', 'tmpfs', disk);
    expect([enlarged.status, enlarged.stderr]).toEqual([0, '']);
    const second = await run(command(out, '--resume'));
    expect([second.code, second.err.match(/failed.*/)]).toEqual([0, null]);
    expect(content(out)).toEqual(content(whole));
    return first;
  } finally {
    spawnSync('umount', [disk]);
  }
}
