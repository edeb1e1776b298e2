import {
  bootstrapStandardError,
  type Figure,
  figure,
  type Outcome,
  standardError,
} from '../metrics/index.js';
import { type Cell, type Verdict, withMissing } from './metric.js';

/**
 * Bootstrap samples of figures that cost more than a mean. The standard error itself is then accurate to
 * about 4 %.
 */
export const FEW_RESAMPLES = 300;

/** Spreads the values of the pictures with evidence over all pictures; `undefined` for those without. */
export function spread<E>(
  evidence: readonly (E | undefined)[],
  values: readonly (number | undefined)[],
): (number | undefined)[] {
  let next = 0;
  return evidence.map((one) => (one === undefined ? undefined : values[next++]));
}

export const present = <E>(evidence: readonly (E | undefined)[]): E[] =>
  evidence.filter((one): one is E => one !== undefined);

/** The cell of a mean over pictures. */
export function meanCell(of: Figure, missing: number, seed: number, factor = 1): Cell {
  const error = standardError(of.values, { seed });
  return {
    value: of.value === undefined ? undefined : of.value * factor,
    error: error === undefined ? undefined : error * factor,
    count: of.count,
    notes: withMissing(of.notes, missing),
  };
}

/** Verdict of a metric whose columns are means over pictures. */
export function meanVerdict<E>(
  evidence: readonly (E | undefined)[],
  columns: Readonly<Record<string, (of: readonly E[]) => Figure>>,
  seed: number,
  factor = 1,
): Verdict {
  const there = present(evidence);
  const cells: Record<string, Cell> = {};
  const rows: Record<string, readonly (number | undefined)[]> = {};
  for (const [id, over] of Object.entries(columns)) {
    const of = over(there);
    cells[id] = meanCell(of, evidence.length - there.length, seed, factor);
    rows[id] = spread(
      evidence,
      of.values.map((value) => (value === undefined ? undefined : value * factor)),
    );
  }
  return { cells, rows };
}

/** The figure of outcomes that each picture has by itself. */
export const outcomes =
  <E>(pick: (evidence: E) => Outcome) =>
  (of: readonly E[]): Figure =>
    figure(of.map(pick));

/** The cell of a statistic that is defined only over all pictures together. */
export function wholeCell<E>(
  of: readonly E[],
  statistic: (sample: readonly E[]) => number | undefined,
  rest: Pick<Cell, 'count' | 'notes'>,
  seed: number,
  factor = 1,
): Cell {
  const value = of.length === 0 ? undefined : statistic(of);
  const error = bootstrapStandardError(of, statistic, { seed, resamples: FEW_RESAMPLES });
  return {
    value: value === undefined ? undefined : value * factor,
    error: error === undefined ? undefined : error * factor,
    ...rest,
  };
}
