import { setImmediate } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** - `cpu`: time of the process on all its threads. - `wall`: what the user waits. */
export type Clock = 'cpu' | 'wall';

/** Milliseconds of one call. */
export interface Timing {
  readonly clock: Clock;
  readonly median: number;
  /** First and third quartile. */
  readonly low: number;
  readonly high: number;
  /** Samples that the median is of. */
  readonly runs: number;
}

/** Something to time. */
export interface Contender {
  readonly clock: Clock;
  /** Shortest sample, milliseconds: clocks are coarse, and waiting for a device has its price. */
  readonly least: number;
  /** Makes so many calls and waits for their end. */
  readonly calls: (count: number) => void | Promise<void>;
}

export interface SamplingOptions {
  /**
   * For each contender. Five samples at least; two where one takes as long as this, one where it takes twenty
   * times as long.
   */
  readonly seconds: number;
  readonly stopping: () => boolean;
  /** Stops the current call, where it can be stopped. */
  readonly signal?: AbortSignal;
}

const MIN_RUNS = 5;
// Milliseconds: compilers make a function fast only once it has run for a while.
const WARMING = 50;

interface Series {
  readonly contender: Contender;
  count: number;
  used: number;
  readonly samples: number[];
}

/** What was timed, and what it is compared with. */
export interface Timings {
  readonly time: Timing;
  readonly baselines: Readonly<Record<string, Timing>>;
}

/**
 * Times something and its baselines in turn, sample by sample, so that a machine that slows down slows all
 * alike. Each is called before it is timed, until it is warm and a sample is long enough.
 * @returns `undefined` where it was told to stop.
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
      // So long a call needs no warming up.
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

// Memory that one contender leaves behind would be freed while the next is timed, at its cost.
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
