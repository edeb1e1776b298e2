/** Asks every question about many mutants, in a few processes. */

import { type Message, workers } from './run.js';

export interface Findings {
  /** Faults: crashes and hangs of the package, errors without a type, too much time or memory. */
  readonly faults: readonly string[];
  /** Crashes, hangs and excessive memory of ONNX Runtime on files that look valid to us. */
  readonly runtime: readonly string[];
  /** How often the entry points answered, or refused with each code. */
  readonly outcomes: ReadonlyMap<string, number>;
  readonly mutants: number;
}

interface Options {
  readonly seed: number;
  readonly count: number;
  readonly more?: readonly string[];
  readonly thorough?: boolean;
  /** Called with each fault at once, and with each finished portion. */
  readonly report?: (text: string) => void;
  /** Processes side by side. */
  readonly processes?: number;
}

/** Mutants per process. Over them, the process is checked for memory that is not freed. */
const PORTION = 500;
/** Seconds of processor time for one question. */
const SLOW = 2;
/** MB above what the process held before the question. */
const HUNGRY = 200;
/**
 * MB above what the process held after the first mutants: in JavaScript's heap, and in all. Runtimes keep the
 * memory of their largest tensors; undisposed sessions would hold more.
 */
const LEAK = { heap: 40, held: 400 } as const;

const isRuntime = (at = '') => at.startsWith('explain ');

export async function fuzz({
  seed,
  count,
  more = [],
  thorough = false,
  report,
  processes = 2,
}: Options): Promise<Findings> {
  const faults: string[] = [];
  const runtime: string[] = [];
  const outcomes = new Map<string, number>();
  const found = (list: string[], text: string) => {
    list.push(text);
    report?.(list === faults ? text : `ONNX Runtime: ${text}`);
  };
  const pool = await workers();
  const portions = Array.from({ length: Math.ceil(count / PORTION) }, (_, i) => i * PORTION);
  const note = ({ of, at, fault, outcome, seconds = 0, growth = 0 }: Message) => {
    const where = `${of}, ${at}`;
    if (fault !== undefined) found(faults, `${where}: ${fault}`);
    if (outcome === undefined) return;
    const key = `${isRuntime(at) ? 'explain' : 'questions'}: ${outcome}`;
    outcomes.set(key, (outcomes.get(key) ?? 0) + 1);
    const list = isRuntime(at) ? runtime : faults;
    if (seconds > SLOW) found(list, `${where}: ${seconds.toFixed(1)} s`);
    if (growth > HUNGRY) found(list, `${where}: ${growth.toFixed(0)} MB`);
  };
  const work = async () => {
    for (let from = portions.shift(); from !== undefined; from = portions.shift()) {
      const end = Math.min(from + PORTION, count);
      // After a process died, a new one continues after the mutant that killed it.
      for (let next = from; next < end; ) {
        const { messages, death } = await pool.run({
          kind: 'fuzz',
          seed,
          from: next,
          to: end,
          more,
          thorough,
        });
        messages.forEach(note);
        for (const kind of ['heap', 'held'] as const) {
          const sizes = messages.flatMap(({ heap, held }) =>
            heap === undefined ? [] : ((kind === 'heap' ? heap : held) ?? []),
          );
          const growth = Math.max(...sizes) - sizes[0]!;
          if (growth > LEAK[kind]) found(faults, `${from}…: ${kind} grew by ${growth.toFixed(0)} MB`);
        }
        if (death === undefined) break;
        const last = messages.at(-1);
        found(isRuntime(last?.at) ? runtime : faults, `${last?.of}, ${last?.at}: ${death}`);
        next = Number.parseInt(last?.of ?? '', 10) + 1 || end;
      }
      report?.(`${from} to ${end} done`);
    }
  };
  try {
    await Promise.all(Array.from({ length: processes }, work));
  } finally {
    pool.dispose();
  }
  return { faults, runtime, outcomes, mutants: count };
}

/** The findings as text. */
export function summaryOf({ faults, runtime, outcomes, mutants }: Findings, seed: number): string {
  const counts = Array.from(outcomes, ([name, count]) => `  ${name}: ${count}`).sort();
  return [
    `${mutants} mutants from seed ${seed}: ${faults.length} faults, ${runtime.length} of ONNX Runtime`,
    ...counts,
    ...[...faults, ...runtime.map((text) => `ONNX Runtime: ${text}`)].slice(0, 60),
  ].join('\n');
}
