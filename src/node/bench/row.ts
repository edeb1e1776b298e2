import type { Timing } from './sampling.js';

/** What the command found out about one kernel at one size, or one method. */
export interface Row {
  readonly group: 'kernel' | 'method';
  readonly name: string;
  /** The size, for people: with group and name it identifies the row between versions. */
  readonly size: string;
  /** What the answer was held against. */
  readonly against: readonly string[];
  /** What is wrong with the answer; then nothing is timed. */
  readonly wrong?: string;
  readonly time?: Timing;
  /** The same work done otherwise, timed in turn with it. */
  readonly baselines: Readonly<Record<string, Timing>>;
}

export const keyOf = ({ group, name, size }: Pick<Row, 'group' | 'name' | 'size'>): string =>
  `${group} ${name} ${size}`;

/**
 * How many times as long a baseline takes (kernels), or the row takes of its baseline (methods: the bare
 * forward pass).
 */
export function ratioOf({ group, time, baselines }: Row, baseline: string): number | undefined {
  const other = baselines[baseline];
  if (!time || !other) return undefined;
  return group === 'kernel' ? other.median / time.median : time.median / other.median;
}
