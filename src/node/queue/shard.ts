import { stat } from 'node:fs/promises';
import { CamError } from '../../errors.js';
import type { MethodProgress } from '../../explain/options.js';
import type { Job } from '../inputs/jobs.js';
import { ReadModel } from '../model/model-digest.js';
import { FolderLock } from '../run/folder-lock.js';
import { expectFreeNames } from '../run/free-names.js';
import type { RunPlan } from '../run/plan.js';
import { runShare, type Share, suffixOf } from '../run/share.js';
import { journalPath } from '../run/work.js';
import type { Dependencies } from '../terminal/dependencies.js';
import { takeOver } from './ownership.js';
import { jobsOf, type ShardResult } from './payload.js';
import { received } from './received.js';

export interface ShardWatcher {
  notice(text: string): void;
  /** Images that are done, including those of an earlier attempt. */
  progress(done: number, total: number): void;
  /** Progress of methods of many passes. */
  passes(progress: MethodProgress): void;
  stopping(): boolean;
  /** Aborted where the current pictures are to be abandoned. */
  readonly signal: AbortSignal;
  failures(lines: string): void;
}

/**
 * Reads the shard's model. Throws `CamError` where this machine would compute other results than the machine
 * that enqueued the shard.
 */
async function checkMachine(plan: RunPlan): Promise<ReadModel> {
  const { out } = plan.unit.output;
  // This folder is not created here: where the file system is not mounted, results would go to this machine's
  // own disk.
  if (!(await stat(out).catch(() => undefined))?.isDirectory()) {
    throw new CamError(
      'output',
      `--out: expected the folder "${out}" (enqueue made it), got none on this machine. Is the shared file system mounted?`,
    );
  }
  const read = await ReadModel.at(plan.model);
  if (read.digest !== plan.identity.model) {
    throw new CamError(
      'model',
      `${plan.model}: expected the file that was enqueued, got another or none on this machine. ` +
        'Put it there, or enqueue again with the new one.',
    );
  }
  return read;
}

/**
 * Explains a shard, continuing an earlier attempt.
 * @param data        The payload from the queue, not validated.
 * @param ownWorkers  Threads of this machine; replaces the number that was enqueued.
 * @returns The result; `undefined` where the shard was stopped early.
 * @throws {CamError} For errors that concern the whole shard. `ShareTaken` where another worker took it over.
 */
export async function runShard(
  data: unknown,
  watcher: ShardWatcher,
  deps: Dependencies,
  ownWorkers?: number,
): Promise<ShardResult | undefined> {
  const payload = received(data, deps.version, Object.keys(deps.methods));
  const { shard, run } = payload;
  const workers = ownWorkers ?? payload.workers;
  const plan = payload.embedded ? { ...payload.plan, model: deps.bundledModel } : payload.plan;
  const read = await checkMachine(plan);
  const jobs = jobsOf(payload);
  const { out } = plan.unit.output;
  // Contains the run's name: another run may have shards of the same numbers in the same folder.
  const journal = journalPath(out, `${suffixOf(shard)}.${run}`);
  const lock = new FolderLock(out, { shard, run });
  await lock.take();
  try {
    if (!payload.force) await expectFreeNames(plan, jobs, [suffixOf(shard)]);
    return await explained(jobs, { plan, read, shard, workers, journal }, watcher, deps);
  } finally {
    await lock.release();
  }
}

async function explained(
  jobs: readonly Job[],
  share: Pick<Share, 'plan' | 'read' | 'shard' | 'workers' | 'journal'>,
  watcher: ShardWatcher,
  deps: Dependencies,
): Promise<ShardResult | undefined> {
  const owned = await takeOver(share.journal);
  let done = 0;
  let lines = '';
  const { complete, report, hopeless } = await runShare(
    { ...share, jobs, resume: true, keepJournal: false, owned },
    {
      notice: (text) => watcher.notice(text),
      passes: (progress) => watcher.passes(progress),
      started(total, left) {
        done = total - left;
        watcher.progress(done, total);
      },
      image: () => watcher.progress(++done, jobs.length),
      stopping: () => watcher.stopping(),
      signal: watcher.signal,
      stopped: () => undefined,
      failures(text) {
        if (text !== '') lines = text;
        watcher.failures(text);
      },
    },
    deps,
  );
  if (!complete) return undefined;
  if (hopeless) {
    const first = lines.split('\n', 1)[0].replace('onnx-cam: failed: ', '');
    throw new CamError('model', `the model ran on none of the ${jobs.length} pictures. The first: ${first}`);
  }
  return { done: report.doneCount, failed: report.failedCount };
}
