import { imagesDone, type ShardQueue } from './queue.js';

/** How the shards of a run ended. */
export interface RunEnd {
  /** Images that were explained. */
  readonly done: number;
  readonly failed: number;
  /** Shards that failed for good. */
  readonly dead: number;
  /** False where the user stopped waiting. */
  readonly complete: boolean;
}

/** Milliseconds between looks. */
const INTERVAL = 500;

/**
 * Waits until every shard of a run is done or has failed for good.
 * @param onProgress  Called with the images that are done so far.
 */
export async function waitForRun(
  queue: ShardQueue,
  ids: readonly string[],
  onProgress: (images: number) => void,
  stopping: () => boolean,
): Promise<RunEnd> {
  const open = new Set(ids);
  let [done, failed, dead] = [0, 0, 0];
  while (!stopping()) {
    const states = await Promise.all([...open].map(async (id) => [id, await queue.getJobState(id)] as const));
    let inWork = 0;
    for (const [id, state] of states) {
      if (state === 'waiting') continue;
      const job = state === 'unknown' ? undefined : await queue.getJob(id);
      if (state === 'completed' && job) {
        done += job.returnvalue.done;
        failed += job.returnvalue.failed;
      } else if (state === 'failed' || !job) dead++;
      else {
        inWork += imagesDone(job.progress);
        continue;
      }
      open.delete(id);
    }
    onProgress(done + failed + inWork);
    if (open.size === 0) return { done, failed, dead, complete: true };
    await new Promise((resolve) => setTimeout(resolve, INTERVAL));
  }
  return { done, failed, dead, complete: false };
}
