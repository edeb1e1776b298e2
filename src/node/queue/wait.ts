import { imagesDone, type ShardQueue } from './queue.js';

/** How the shards of a run ended. */
export interface RunEnd {
  /** Images that were explained. */
  readonly done: number;
  readonly failed: number;
  /** Shards that failed for good. */
  readonly dead: number;
  /** Shards that are no longer in the queue: Redis lost them. */
  readonly lost: number;
  /** Images of lost shards that were done at the last report. */
  readonly heard: number;
  /** False where the user stopped waiting. */
  readonly complete: boolean;
}

/** Milliseconds between two checks. */
const INTERVAL = 500;

/**
 * Waits until every shard of a run is done, has failed for good, or is no longer in the queue.
 * @param onProgress  Called with the number of images done so far.
 */
export async function waitForRun(
  queue: ShardQueue,
  ids: readonly string[],
  onProgress: (images: number) => void,
  stopping: () => boolean,
): Promise<RunEnd> {
  const open = new Set(ids);
  /** Images that are done, by shard that runs. */
  const progress = new Map<string, number>();
  let [done, failed, dead, lost, heard] = [0, 0, 0, 0, 0];
  while (!stopping()) {
    const states = await Promise.all([...open].map(async (id) => [id, await queue.getJobState(id)] as const));
    let inWork = 0;
    for (const [id, state] of states) {
      if (state === 'waiting') continue;
      const job = state === 'unknown' ? undefined : await queue.getJob(id);
      if (state === 'completed' && job) {
        done += job.returnvalue.done;
        failed += job.returnvalue.failed;
      } else if (state === 'failed' && job) dead++;
      else if (job) {
        progress.set(id, imagesDone(job.progress));
        inWork += imagesDone(job.progress);
        continue;
      } else {
        lost++;
        heard += progress.get(id) ?? 0;
      }
      open.delete(id);
    }
    onProgress(done + failed + heard + inWork);
    if (open.size === 0) return { done, failed, dead, lost, heard, complete: true };
    await new Promise((resolve) => setTimeout(resolve, INTERVAL));
  }
  return { done, failed, dead, lost, heard, complete: false };
}
