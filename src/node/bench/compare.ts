import { lines } from '../terminal/line.js';
import type { BenchReport, Machine } from './report.js';
import { keyOf, type Row } from './row.js';
import { timingOf } from './sampling.js';
import { markdownTable, ms } from './table.js';

/** A row that both reports have. */
export interface Change {
  readonly row: Row;
  readonly before: Row;
  /** New time divided by old; below 1 is faster. Missing where one report has no time. */
  readonly ratio?: number;
  /** Changed by at least 5 %, with quartiles that do not overlap. */
  readonly verdict: 'faster' | 'slower' | 'within the spread' | 'wrong now' | 'right now' | 'wrong as before';
}

export interface Comparison {
  readonly changes: readonly Change[];
  /** Rows that only one of the reports has. */
  readonly onlyNew: readonly Row[];
  readonly onlyOld: readonly Row[];
  /**
   * Median ratio (new divided by old) of the baselines, which do not depend on the package's version: the
   * difference in speed of the machine itself.
   */
  readonly drift?: number;
  /** Differences between the machines, in words. */
  readonly machines: readonly string[];
}

// Two runs of one version on one machine differ by this much.
const NOTHING = 0.05;

/** Compares rows of equal name and size. */
export function compare(now: BenchReport, before: BenchReport): Comparison {
  const old = new Map(before.rows.map((row) => [keyOf(row), row]));
  const keys = new Set(now.rows.map(keyOf));
  const changes = now.rows.flatMap((row) => {
    const match = old.get(keyOf(row));
    return match ? [changeOf(row, match)] : [];
  });
  const drifts = changes.flatMap(({ row, before: other }) =>
    Object.entries(row.baselines).flatMap(([name, { median, clock }]) => {
      const base = other.baselines[name];
      // WebAssembly belongs to the package itself.
      return base && base.clock === clock && name !== 'wasm' ? [median / base.median] : [];
    }),
  );
  return {
    changes,
    onlyNew: now.rows.filter((row) => !old.has(keyOf(row))),
    onlyOld: before.rows.filter((row) => !keys.has(keyOf(row))),
    drift: drifts.length > 0 ? timingOf('cpu', drifts).median : undefined,
    machines: differences(now, before),
  };
}

function changeOf(row: Row, before: Row): Change {
  const { time } = row;
  if (!time || !before.time) {
    const verdict = !time && !before.time ? 'wrong as before' : time ? 'right now' : 'wrong now';
    return { row, before, verdict };
  }
  const ratio = time.median / before.time.median;
  const apart = time.low > before.time.high || time.high < before.time.low;
  const verdict =
    !apart || Math.abs(ratio - 1) < NOTHING ? 'within the spread' : ratio < 1 ? 'faster' : 'slower';
  return { row, before, ratio, verdict };
}

const FACTS: readonly (keyof Machine)[] = ['cpu', 'cores', 'system', 'node', 'backend', 'device'];
/** Properties of the machine that only methods depend on. */
const MODEL_FACTS: readonly (keyof Machine)[] = ['runtime', 'threads'];

function differences(now: BenchReport, before: BenchReport): string[] {
  const bothRan = now.model !== undefined && before.model !== undefined;
  const facts = bothRan ? [...FACTS, ...MODEL_FACTS] : FACTS;
  const machine = facts
    .filter((fact) => now.machine[fact] !== before.machine[fact])
    .map((fact) => `${fact}: ${before.machine[fact]} before, ${now.machine[fact]} now`);
  const model =
    bothRan && now.model !== before.model ? [`model: ${before.model} before, ${now.model} now`] : [];
  return [...machine, ...model];
}

const NAMED = 6;

/** The comparison as a table for the terminal. */
export function renderComparison(comparison: Comparison, before: BenchReport): string {
  const { changes, onlyNew, onlyOld, drift, machines } = comparison;
  const timeOf = (row: Row): string => (row.time ? ms(row.time.median) : 'WRONG');
  const rows = changes.map(({ row, before: old, ratio, verdict }) => [
    row.name,
    row.size,
    timeOf(old),
    timeOf(row),
    ratio === undefined ? '–' : ratio.toFixed(2),
    verdict,
  ]);
  const names = (of: readonly Row[]): string => {
    const shown = of.slice(0, NAMED).map(({ name, size }) => `${name} (${size})`);
    return [...shown, ...(of.length > NAMED ? [`${of.length - NAMED} more`] : [])].join(', ');
  };
  return lines([
    `compared with onnx-cam ${before.version}, ${before.date.slice(0, 10)}`,
    ...machines.map((text) => `WARNING: another machine or model: ${text}; times are not comparable.`),
    '',
    ...markdownTable(['name', 'size', 'old ms', 'new ms', 'new / old', 'change'], rows),
    '',
    ...(drift === undefined
      ? []
      : [
          `the baselines, which are the same in every version, took ${drift.toFixed(2)} times as long: the machine's share of the above.`,
        ]),
    ...(onlyNew.length > 0 ? [`only now: ${names(onlyNew)}`] : []),
    ...(onlyOld.length > 0 ? [`only before: ${names(onlyOld)}`] : []),
  ]);
}
