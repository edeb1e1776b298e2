import type { Job } from '../inputs/jobs.js';
import type { Outcome } from './unit.js';

/**
 * A few images that are explained and written together. The numbering is the same in every run of the same
 * command.
 */
export interface Unit {
  readonly number: number;
  readonly jobs: readonly Job[];
}

/** Consecutive jobs in units of `size`. */
export function planUnits(jobs: readonly Job[], size: number): Unit[] {
  return Array.from({ length: Math.ceil(jobs.length / size) }, (_, number) => ({
    number,
    jobs: jobs.slice(number * size, (number + 1) * size),
  }));
}

/** Explains units, in this thread or another. */
export interface Executor {
  /**
   * One outcome per job, in order. Rejects with `WorkerDied`, with the reason of the run's signal, or with an
   * error that concerns the whole run.
   */
  run(jobs: readonly Job[]): Promise<readonly Outcome[]>;
  close(): Promise<void>;
}

/** A worker that ended before its work was done. */
export class WorkerDied extends Error {
  override readonly name = 'WorkerDied';
}

/**
 * Units per executor at one time: while one is explained, the next is decoded and the previous one's files
 * are written.
 */
const IN_HAND = 3;

export interface PoolOptions {
  readonly executors: readonly Executor[];
  /** Starts another executor in place of one that died. */
  readonly replace: () => Promise<Executor>;
  /** True once the user asked to stop: current units are finished. */
  readonly stopping: () => boolean;
  /** Aborted where current units are to be abandoned: executors reject with its reason. */
  readonly signal: AbortSignal;
  /** Called when a unit's files are written. */
  readonly onDone: (unit: Unit, outcomes: readonly Outcome[]) => Promise<void>;
  /** The outcome of an image during which two workers died. */
  readonly onDeath: (job: Job, error: WorkerDied) => Outcome;
}

/**
 * Gives units to executors, a bounded number at a time. When an executor dies, another one repeats its units
 * once, image by image. An image during which that executor dies too has failed.
 * @returns False where the user stopped the run early.
 */
export async function runUnits(units: Iterable<Unit>, options: PoolOptions): Promise<boolean> {
  const { executors, replace, stopping, signal, onDone, onDeath } = options;
  const queue = units[Symbol.iterator]();
  const current: Promise<Executor>[] = executors.map((executor) => Promise.resolve(executor));
  let broken = false;
  let left = false;

  /**
   * Explains each image in a worker that has no other work. An image during which this worker dies too is the
   * cause.
   */
  const alone = async (jobs: readonly Job[]): Promise<readonly Outcome[]> => {
    const outcomes: Outcome[] = [];
    let executor = await replace();
    for (const job of jobs) {
      try {
        outcomes.push(...(await executor.run([job])));
      } catch (error) {
        if (!(error instanceof WorkerDied)) throw error;
        outcomes.push(onDeath(job, error));
        executor = await replace();
      }
    }
    await executor.close();
    return outcomes;
  };
  const explained = async (slot: number, { jobs }: Unit): Promise<readonly Outcome[]> => {
    const executor = current[slot];
    try {
      return await (await executor).run(jobs);
    } catch (error) {
      if (!(error instanceof WorkerDied)) throw error;
      // Its other units see the same death.
      if (current[slot] === executor) current[slot] = replace();
      return alone(jobs);
    }
  };
  const work = async (slot: number): Promise<void> => {
    try {
      while (!broken && !stopping()) {
        const { value: unit, done } = queue.next();
        if (done) return;
        await onDone(unit, await explained(slot, unit));
      }
    } catch (error) {
      if (signal.aborted && error === signal.reason) {
        left = true;
        return;
      }
      broken = true;
      throw error;
    }
  };

  const loops = current.flatMap((_, slot) => Array.from({ length: IN_HAND }, () => work(slot)));
  const ends = await Promise.allSettled(loops);
  await Promise.allSettled(current.map(async (executor) => (await executor).close()));
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
  return !left && queue.next().done === true;
}
