import { execFileSync, spawn, spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { thisProcess } from '../../../src/node/files/process-identity.js';
import { type Claim, FolderLock } from '../../../src/node/run/folder-lock.js';
import { temporaryFolder } from '../folder.js';

const root = temporaryFolder();
let folder = '';
let count = 0;
beforeEach(() => {
  folder = join(root, String(count++));
  mkdirSync(folder);
});

const files = (): string[] => readdirSync(folder);

/** Writes the lock file of another process. */
function other(holder: object | string, name = 'f'.repeat(16)): string {
  const path = join(folder, `.onnx-cam.${name}.lock`);
  writeFileSync(
    path,
    typeof holder === 'string' ? holder : JSON.stringify({ since: '2026-01-02T03:04:05.000Z', ...holder }),
  );
  return path;
}

/** Sets the time of the last heartbeat. */
const silentFor = (path: string, seconds: number): void =>
  utimesSync(path, new Date(), new Date(Date.now() - 1000 * seconds));

async function taken(claim?: Claim): Promise<FolderLock> {
  const lock = new FolderLock(folder, claim);
  await lock.take();
  return lock;
}

test('one run at a time: the second is refused with the first one’s process, and gets the folder afterwards', async () => {
  const first = await taken();
  await expect(taken()).rejects.toMatchObject({
    code: 'output',
    message: expect.stringMatching(
      new RegExp(
        `^--out: "${folder}" is being written by another run: process ${process.pid} on ${hostname()}, since \\d{4}-\\d\\d-\\d\\dT[\\d:.]+Z\\. ` +
          'Wait until it ends, or choose another --out; --shard i/n divides one run among several processes\\.$',
      ),
    ),
  });
  expect(await first.isHeld()).toBe(true);
  await first.release();
  expect(files()).toEqual([]);
  await (await taken()).release();
});

test.each<[string, Claim, Claim, boolean]>([
  ['shards of one division', { shard: { index: 1, count: 3 } }, { shard: { index: 2, count: 3 } }, true],
  ['the same shard', { shard: { index: 2, count: 3 } }, { shard: { index: 2, count: 3 } }, false],
  ['shards of two divisions', { shard: { index: 1, count: 3 } }, { shard: { index: 2, count: 4 } }, false],
  ['a shard, then the whole', { shard: { index: 1, count: 3 } }, {}, false],
  ['the whole, then a shard', {}, { shard: { index: 1, count: 3 } }, false],
  [
    'workers at a run of the queue',
    { shard: { index: 1, count: 2 }, run: 'a' },
    { shard: { index: 1, count: 2 }, run: 'a' },
    true,
  ],
  [
    'workers at two runs',
    { shard: { index: 1, count: 2 }, run: 'a' },
    { shard: { index: 1, count: 2 }, run: 'b' },
    false,
  ],
])('side by side: %s', async (_, a, b, together) => {
  const first = await taken(a);
  const second = await taken(b).catch((error: Error) => error);
  expect(second instanceof FolderLock).toBe(together);
  await first.release();
});

const self = await thisProcess();

describe('a process that is gone', () => {
  test('of this machine holds nothing', async () => {
    const { pid } = spawnSync('true');
    const path = other({ ...self, pid, started: '1' });
    const lock = await taken();
    expect(existsSync(path)).toBe(false);
    await lock.release();
  });

  test.runIf(self.started)('whose PID another process has now holds nothing', async () => {
    other({ ...self, started: `${Number(self.started) - 1}` });
    await (await taken()).release();
    expect(files()).toEqual([]);
  });

  test.runIf(self.started)('and that nobody waited for (a zombie) holds nothing', async () => {
    // The shell becomes `sleep`, which never waits for its child.
    const parent = spawn('sh', ['-c', 'sleep 0.1 & echo $!; exec sleep 60'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const pid = Number(await new Promise((resolve) => parent.stdout?.once('data', resolve)));
    while (!/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'latin1')))
      await new Promise((resolve) => setTimeout(resolve, 5));
    other({ host: self.host, scope: self.scope, pid });
    await (await taken()).release();
    parent.kill();
  });

  test('of another machine holds the folder for a minute after its last heartbeat', async () => {
    const path = other({
      host: 'elsewhere',
      scope: 'x',
      pid: 1,
      started: '1',
      shard: { index: 2, count: 8 },
    });
    silentFor(path, 50);
    await expect(taken()).rejects.toThrow(
      `--out: "${folder}" is being written by another run (shard 2/8): process 1 on elsewhere, since 2026-01-02T03:04:05.000Z. ` +
        'Wait until it ends, or choose another --out; --shard i/n divides one run among several processes. ' +
        'If that process is gone, the folder becomes free a minute after its last sign of life.',
    );
    silentFor(path, 61);
    await (await taken()).release();
    expect(files()).toEqual([]);
  });

  test('left a damaged file: it holds the folder for a minute', async () => {
    for (const text of ['', 'null']) {
      const path = other(text);
      await expect(taken()).rejects.toThrow('by another run: process 0 on an unknown host');
      silentFor(path, 61);
      await (await taken()).release();
    }
  });

  test('is found by many at once: never do two of them have the folder', async () => {
    for (let round = 0; round < 3; round++) {
      other({ ...self, pid: 2 ** 22 + 1 });
      const locks = Array.from({ length: 12 }, () => new FolderLock(folder));
      const ends = await Promise.allSettled(locks.map((lock) => lock.take()));
      expect(ends.filter(({ status }) => status === 'fulfilled').length).toBeLessThanOrEqual(1);
      await Promise.all(locks.map((lock) => lock.release()));
      expect(files()).toEqual([]);
    }
  });
});

test('two that start at the same time: one of them gets the folder', async () => {
  for (let round = 0; round < 5; round++) {
    const locks = [new FolderLock(folder), new FolderLock(folder)];
    const ends = await Promise.allSettled(locks.map((lock) => lock.take()));
    expect(ends.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    await Promise.all(locks.map((lock) => lock.release()));
  }
}, 30_000);

test('sends heartbeats, and notices when another machine did not see them in time', async () => {
  const lock = new FolderLock(folder);
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  await lock.take();
  const path = join(folder, files()[0]);
  const text = readFileSync(path, 'utf8');
  silentFor(path, 100);
  vi.advanceTimersByTime(15_000);
  vi.useRealTimers();
  while (Date.now() - statSync(path).mtimeMs > 50_000) await new Promise((resolve) => setTimeout(resolve, 5));
  expect(readFileSync(path, 'utf8')).toBe(text);
  execFileSync('rm', [path]);
  expect(await lock.isHeld()).toBe(false);
  await expect(lock.expectHeld()).rejects.toMatchObject({ code: 'output' });
  await lock.release();
});

test('a folder that does not exist, or cannot be written, is reported', async () => {
  const nowhere = join(folder, 'nowhere');
  await new FolderLock(nowhere).takeIfThere();
  await expect(new FolderLock(nowhere).take()).rejects.toMatchObject({
    code: 'output',
    message: expect.stringContaining(
      `--out: expected a folder that can be written, got "${nowhere}": no such file`,
    ),
  });
});
