import type { Timing } from './sampling.js';

/** The result for one kernel at one size, or for one method. */
export interface Row {
  readonly group: 'kernel' | 'method';
  readonly name: string;
  /** The size, for people. Group, name and size identify the row in reports of all versions. */
  readonly size: string;
  /** The name of the reference. */
  readonly against: readonly string[];
  /** How the result differs from the reference; then nothing is timed. */
  readonly wrong?: string;
  readonly time?: Timing;
  /** Other implementations of the same work, timed in turn with it. */
  readonly baselines: Readonly<Record<string, Timing>>;
}

export const keyOf = ({ group, name, size }: Pick<Row, 'group' | 'name' | 'size'>): string =>
  `${group} ${name} ${size}`;

/**
 * For kernels: a baseline's time divided by the row's. For methods: the row's time divided by that of its
 * baseline, the bare forward pass.
 */
export function ratioOf({ group, time, baselines }: Row, baseline: string): number | undefined {
  const other = baselines[baseline];
  if (!time || !other) return undefined;
  return group === 'kernel' ? other.median / time.median : time.median / other.median;
}
