import { setImmediate } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** - `cpu`: time of the process on all its threads. - `wall`: time that the user waits. */
export type Clock = 'cpu' | 'wall';

/** Milliseconds of one call. */
export interface Timing {
  readonly clock: Clock;
  readonly median: number;
  /** First and third quartile. */
  readonly low: number;
  readonly high: number;
  /** Number of samples behind the median. */
  readonly runs: number;
}

/** Something to time. */
export interface Contender {
  readonly clock: Clock;
  /** Shortest sample, milliseconds: clocks are coarse, and waiting for a device takes time itself. */
  readonly least: number;
  /** Makes this number of calls and waits until they are done. */
  readonly calls: (count: number) => void | Promise<void>;
}

export interface SamplingOptions {
  /**
   * Time limit for the samples of each contender. At least five samples are taken; two where one sample takes
   * as long as this limit, one where it takes twenty times as long.
   */
  readonly seconds: number;
  readonly stopping: () => boolean;
  /** Aborts the current call, where it can be aborted. */
  readonly signal?: AbortSignal;
}

const MIN_RUNS = 5;
// Milliseconds: compilers optimise a function only after it has run for a while.
const WARMING = 50;

interface Series {
  readonly contender: Contender;
  count: number;
  used: number;
  readonly samples: number[];
}

/** The times of a contender and of its baselines. */
export interface Timings {
  readonly time: Timing;
  readonly baselines: Readonly<Record<string, Timing>>;
}

/**
 * Times a contender and its baselines in turn, sample by sample: a machine that slows down slows all of them
 * alike. Each one runs untimed until it is warm and a sample is long enough.
 * @returns `undefined` where the user stopped it.
 */
export async function inTurn(
  subject: Contender,
  baselines: Readonly<Record<string, Contender>>,
  { seconds, stopping }: SamplingOptions,
): Promise<Timings | undefined> {
  const budget = seconds * 1000;
  const warming = Math.min(budget, WARMING);
  const records = [subject, ...Object.values(baselines)].map(
    (contender): Series => ({ contender, count: 1, used: 0, samples: [] }),
  );
  for (const record of records) {
    const { contender } = record;
    let warmed = 0;
    for (;;) {
      if (stopping()) return undefined;
      const elapsed = await sample(contender, record.count);
      warmed += elapsed;
      // A call this long needs no warm-up.
      if (elapsed > budget) record.samples.push(elapsed / record.count);
      if (elapsed < contender.least) record.count *= 2;
      else if (warmed >= warming) break;
    }
  }
  const isDone = ({ used, samples }: Series) => {
    if (samples.length >= MIN_RUNS) return used >= budget;
    const longest = Math.max(0, ...samples);
    return samples.length >= (longest >= 20 * budget ? 1 : longest >= budget ? 2 : MIN_RUNS);
  };
  while (!records.every(isDone)) {
    for (const record of records) {
      if (stopping()) return undefined;
      if (isDone(record)) continue;
      const elapsed = await sample(record.contender, record.count);
      record.used += elapsed;
      record.samples.push(elapsed / record.count);
    }
  }
  const [time, ...others] = records.map(({ contender, samples }) => timingOf(contender.clock, samples));
  return { time, baselines: Object.fromEntries(Object.keys(baselines).map((name, i) => [name, others[i]])) };
}

// Otherwise memory of one contender would be collected while the next is timed.
setFlagsFromString('--expose-gc');
const collectGarbage: (options: { readonly type: 'minor' }) => void = runInNewContext('gc');
setFlagsFromString('--no-expose-gc');

async function sample({ clock, calls }: Contender, count: number): Promise<number> {
  await setImmediate(); // a chance for Ctrl-C
  collectGarbage({ type: 'minor' });
  const [cpu, wall] = [process.cpuUsage(), performance.now()];
  await calls(count);
  const { user, system } = process.cpuUsage(cpu);
  return clock === 'cpu' ? (user + system) / 1000 : performance.now() - wall;
}

export function timingOf(clock: Clock, samples: readonly number[]): Timing {
  const sorted = samples.toSorted((a, b) => a - b);
  const at = (share: number): number => {
    const position = share * (sorted.length - 1);
    const below = Math.floor(position);
    const above = Math.min(below + 1, sorted.length - 1);
    return sorted[below] + (position - below) * (sorted[above] - sorted[below]);
  };
  return { clock, median: at(0.5), low: at(0.25), high: at(0.75), runs: sorted.length };
}
