import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import { beforeAll, describe, expect, test } from 'vitest';
import type { ShardPayload } from '../../../src/node/queue/payload.js';
import { at, COUNT, cli, enqueue, entries, options, redis, results, root, work } from './case.js';
import { noRedis, run } from './redis.js';

const started = (queue: string, ...args: string[]): ChildProcess =>
  spawn(process.execPath, [cli, 'work', ...at(queue), ...args], { stdio: ['ignore', 'ignore', 'pipe'] });

async function exitOf(child: ChildProcess): Promise<number | null> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  return child.exitCode;
}

/** Units in a shard's journal; -1 where there is none. */
function unitsDone(out: string, { run, shard: { index, count } }: ShardPayload): number {
  try {
    const journal = join(out, `.onnx-cam.${index}-of-${count}.${run}.jsonl`);
    return readFileSync(journal, 'utf8').split('\n').length - 2;
  } catch {
    return -1;
  }
}

/**
 * Waits until a worker is in the middle of a shard (some units are done and some are not) and `others` work
 * at other ones.
 */
async function inTheMiddle(name: string, out: string, worker: ChildProcess, others: number): Promise<void> {
  const connection = new Redis(redis.url, { maxRetriesPerRequest: null });
  const queue = new Queue<ShardPayload>(name, { connection });
  try {
    for (;;) {
      const active = await queue.getActive();
      const own = active.find(({ processedBy }) => processedBy?.endsWith(`:${worker.pid}`));
      if (own && active.length > others) {
        const units = unitsDone(out, own.data);
        if (units >= 2 && units < own.data.images.length / 2 - 2) return;
      }
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  } finally {
    await queue.close();
    connection.disconnect();
  }
}

const allDone = async (name: string, shards: number): Promise<void> =>
  expect((await work(name, '--status')).out).toContain(
    `0 waiting, 0 to be retried, 0 running, ${shards} done, 0 failed for good.`,
  );

const packed = ['--format', 'npy', '--pack', '30'];

describe.skipIf(noRedis)(`with a Redis${noRedis ? ` (skipped: ${noRedis})` : ''}`, () => {
  const whole = join(root, 'whole');
  const wholePacked = join(root, 'whole-packed');
  beforeAll(async () => {
    expect(
      (await run([cli, 'explain', '--model', 'birds', ...options(whole, '--format', 'npy,png')])).code,
    ).toBe(1);
    expect((await run([cli, 'explain', '--model', 'birds', ...options(wholePacked, ...packed)])).code).toBe(
      1,
    );
    expect(results(wholePacked).size).toBe(8);
    // One entry per method, one for the broken picture.
    expect(entries(whole)).toHaveLength(2 * (COUNT - 1) + 1);
  });

  test('two workers, one killed -9 in the middle of a shard: nothing is lost or done twice', async () => {
    const out = join(root, 'killed');
    const queued = await enqueue('killed', '--shards', '3', ...options(out, '--format', 'npy,png'));
    expect([queued.code, queued.out]).toEqual([
      0,
      expect.stringMatching(/^Run [0-9a-f]{16}: 60 pictures in 3 shards, 3 added\.\n/),
    ]);
    const victim = started('killed', '--lease', '2');
    const other = started('killed', '--lease', '2', '--drain');
    await inTheMiddle('killed', out, victim, 1);
    victim.kill('SIGKILL');
    await exitOf(victim);
    expect(await exitOf(other)).toBe(1);
    await allDone('killed', 3);
    expect(entries(out)).toEqual(entries(whole));
    expect([...results(out).keys()]).toEqual([...results(whole).keys()]);
    expect(results(out)).toEqual(results(whole));
  }, 60_000);

  test('a worker that was thought dead does no harm: another worker has its shard', async () => {
    const out = join(root, 'asleep');
    // Packed: both would write, and at last name, the same arrays.
    expect((await enqueue('asleep', ...options(out, ...packed))).code).toBe(0);
    const sleeper = started('asleep', '--lease', '2', '--drain');
    let told = '';
    sleeper.stderr?.on('data', (chunk) => {
      told += chunk;
    });
    await inTheMiddle('asleep', out, sleeper, 0);
    sleeper.kill('SIGSTOP');
    const other = started('asleep', '--lease', '2', '--drain');
    await inTheMiddle('asleep', out, other, 0);
    sleeper.kill('SIGCONT');
    expect([await exitOf(other), await exitOf(sleeper)]).toEqual([1, 0]);
    expect(told).toContain(
      `shard 1 of 1 of ${out}: this worker was silent for too long; another goes on with it.`,
    );
    await allDone('asleep', 1);
    expect(entries(out)).toEqual(entries(wholePacked));
    // Rows that it was just writing may lie in a file that never gets a name.
    const named = [...results(out)].filter(([name]) => !name.endsWith('.partial'));
    expect(new Map(named)).toEqual(results(wholePacked));
  }, 60_000);

  test('Ctrl-C puts the current shard back; the next worker continues it', async () => {
    const out = join(root, 'stopped');
    expect((await enqueue('stopped', ...options(out, ...packed))).code).toBe(0);
    const first = started('stopped');
    await inTheMiddle('stopped', out, first, 0);
    first.kill('SIGINT');
    expect(await exitOf(first)).toBe(130);
    expect((await work('stopped', '--status')).out).toContain(
      '1 waiting, 0 to be retried, 0 running, 0 done',
    );
    expect((await work('stopped', '--once')).code).toBe(1);
    expect(entries(out)).toEqual(entries(wholePacked));
    expect(results(out)).toEqual(results(wholePacked));
  }, 60_000);
});
