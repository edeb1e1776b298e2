import type { Queue } from 'bullmq';
import { errorText } from '../../errors.js';
import { lines } from '../terminal/line.js';
import type { Engine } from './engine.js';
import { jobId, type ShardedRun, type ShardPayload, type ShardResult, shardName } from './payload.js';

export type ShardQueue = Queue<ShardPayload, ShardResult>;

/** Opens a queue for a task. */
export async function withQueue<T>(
  { bullmq, redis }: Engine,
  name: string,
  task: (queue: ShardQueue) => Promise<T>,
): Promise<T> {
  const queue: ShardQueue = new bullmq.Queue<ShardPayload, ShardResult>(name, { connection: redis });
  // The connection reports its own errors.
  queue.on('error', () => undefined);
  try {
    return await task(queue);
  } finally {
    await queue.close();
  }
}

/** Milliseconds before the first retry. Each further retry waits twice as long. */
const BACKOFF = 5000;

/** Seconds for which finished shards are remembered. Within this time the same run is not enqueued twice. */
const REMEMBERED = 7 * 24 * 3600;

/** Shards that are sent to Redis together. */
const TOGETHER = 32;

/** The shards of a run by state, as their names in the queue. */
export interface Enqueued {
  readonly ids: readonly string[];
  readonly added: number;
  /** Queued before, and not yet done. */
  readonly waiting: number;
  readonly done: number;
  /** Failed for good. */
  readonly dead: number;
}

/**
 * Puts the shards of a run into the queue, except those that are there already.
 * @param again  Replaces shards that are done or failed for good too.
 */
export async function addRun(
  queue: ShardQueue,
  { run, plan, count, payload }: ShardedRun,
  { attempts, again }: { readonly attempts: number; readonly again: boolean },
): Promise<Enqueued> {
  const ids: string[] = [];
  let [added, waiting, done, dead] = [0, 0, 0, 0];
  for (let from = 1; from <= count; from += TOGETHER) {
    const missing: Parameters<ShardQueue['addBulk']>[0] = [];
    for (let index = from; index < from + TOGETHER && index <= count; index++) {
      const shard = { index, count };
      const id = jobId(run, shard);
      ids.push(id);
      const state = await queue.getJobState(id);
      const finished = state === 'completed' || state === 'failed';
      if (finished && again) await queue.remove(id);
      if (state === 'unknown' || (finished && again)) {
        missing.push({
          name: shardName(shard, plan.unit.output.out),
          data: payload(index),
          opts: {
            jobId: id,
            attempts,
            backoff: { type: 'exponential', delay: BACKOFF },
            removeOnComplete: { age: REMEMBERED },
          },
        });
      } else if (state === 'completed') done++;
      else if (state === 'failed') dead++;
      else waiting++;
    }
    await queue.addBulk(missing);
    added += missing.length;
  }
  return { ids, added, waiting, done, dead };
}

/** Shards that are listed one by one. */
const LISTED = 20;

/**
 * The number of shards that wait, run, are done and failed for good, with details of the latest; lines for
 * the user.
 */
export async function statusOf(queue: ShardQueue, address: string): Promise<string> {
  const counts = await queue.getJobCounts('wait', 'delayed', 'active', 'completed', 'failed');
  const [active, delayed, failed] = await Promise.all([
    queue.getActive(0, LISTED - 1),
    queue.getDelayed(0, LISTED - 1),
    queue.getFailed(0, LISTED - 1),
  ]);

  const more = (listed: number, all: number): string[] =>
    all > listed ? [`  … and ${all - listed} more`] : [];
  return lines([
    `Queue ${queue.name} at ${address}; workers connected: ${await queue.getWorkersCount()}.`,
    `${counts.wait} waiting, ${counts.delayed} to be retried, ${counts.active} running, ${counts.completed} done, ${counts.failed} failed for good.`,
    ...active.map((job) => `  running: ${job.name}${progressText(job.progress)}${by(job.processedBy)}`),
    ...more(active.length, counts.active),
    ...delayed.map((job) => `  to be retried: ${job.name}: ${errorText(job.failedReason)}`),
    ...more(delayed.length, counts.delayed),
    ...failed.map((job) => `  failed for good: ${job.name}: ${errorText(job.failedReason)}`),
    ...more(failed.length, counts.failed),
    ...(counts.failed > 0 ? ['onnx-cam work --retry-failed puts them back into the queue.'] : []),
  ]);
}

/** Images of a shard that are done, by its worker's last report. */
export const imagesDone = (progress: unknown): number =>
  typeof progress === 'object' && progress !== null && 'done' in progress && typeof progress.done === 'number'
    ? progress.done
    : 0;

const progressText = (progress: unknown): string =>
  typeof progress === 'object' && progress !== null && 'total' in progress
    ? `: ${imagesDone(progress)} of ${progress.total} pictures`
    : '';

const by = (worker: string | undefined): string => (worker ? `, by ${worker}` : '');

/**
 * Puts shards that failed for good back into the queue, with all of their attempts.
 * @returns Their number.
 */
export async function retryFailed(queue: ShardQueue): Promise<number> {
  let count = 0;
  for (;;) {
    const failed = await queue.getFailed(0, TOGETHER - 1);
    if (failed.length === 0) return count;
    for (const job of failed)
      await job.retry('failed', { resetAttemptsMade: true, resetAttemptsStarted: true });
    count += failed.length;
  }
}
