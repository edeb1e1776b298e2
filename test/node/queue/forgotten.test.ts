import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { begun, ended } from '../run/case.js';
import { at, cli, enqueue, entries, options, redis, root, work } from './case.js';
import { noRedis } from './redis.js';

const started = (...args: string[]) => {
  const child = spawn(process.execPath, [cli, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  const told = { out: '', err: '' };
  child.stdout.on('data', (text) => {
    told.out += text;
  });
  child.stderr.on('data', (text) => {
    told.err += text;
  });
  return { child, told };
};

describe.skipIf(noRedis)(`with a Redis${noRedis ? ` (skipped: ${noRedis})` : ''}`, () => {
  test('that comes back empty in the middle of the work: both commands end with 1 and say what is missing', async () => {
    const out = join(root, 'forgotten');
    const args = ['--shards', '3', ...options(out, '--format', 'npy')];
    const run = /^Run ([0-9a-f]+)/.exec((await enqueue('forgotten', ...args)).out)?.[1];
    const waiting = started('enqueue', '--model', 'birds', ...at('forgotten'), '--wait', ...args);
    const worker = started('work', ...at('forgotten'), '--drain');
    // In the middle of the first shard.
    await begun(worker.child, join(out, `.onnx-cam.1-of-3.${run}.jsonl`), 3);
    worker.child.kill('SIGSTOP');
    await new Promise((resolve) => setTimeout(resolve, 1200)); // `enqueue` looks every half a second
    await redis.restart();
    worker.child.kill('SIGCONT');
    expect(await ended(worker.child)).toBe(1);
    const left =
      /onnx-cam: Redis at redis:\/\/127\.0\.0\.1:\d+ has forgotten the queue forgotten \(it was started without its data, or emptied\)\. When last seen, (\d) of its shards waited, 0 were to be retried and (\d) were running\. Enqueue the run again/.exec(
        worker.told.err,
      );
    expect(Number(left?.[1]) + Number(left?.[2])).toBe(3);
    expect(await ended(waiting.child)).toBe(1);
    expect(waiting.told.err).toContain('onnx-cam: Redis has forgotten 3 of 3 shards');
    expect(waiting.told.out).toMatch(
      /at least \d+ of 60 pictures explained; 3 of 3 shards are missing from the queue\.\n/,
    );
    // As they say: the same command again.
    expect((await enqueue('forgotten', ...args)).out).toContain(
      `Run ${run}: 60 pictures in 3 shards, 3 added.`,
    );
    expect((await work('forgotten', '--drain')).code).toBe(1); // one picture is broken
    expect(entries(out)).toHaveLength(2 * 59 + 1);
  }, 60_000);
});
