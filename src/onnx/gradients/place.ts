/** The adjoint of taking elements along an axis. */

import { range } from './axes.js';
import type { Builder, Value } from './builder.js';
import { Unbuildable } from './unbuildable.js';

/** An axis of a tensor of `rank` axes. */
export interface TensorAxis {
  readonly axis: number;
  readonly rank: number;
}

/**
 * For each of `length` positions, which of the elements were taken from it.
 * @throws {CamError} `gradients` for a position that there is not, or between two.
 */
export function takers(positions: readonly number[], length: number): readonly (readonly number[])[] {
  const lists = range(0, length).map((): number[] => []);
  for (const [i, position] of positions.entries()) {
    const list = lists[position];
    if (!list) throw new Unbuildable(`positions of an axis of length ${length}`, `${position}`);
    list.push(i);
  }
  return lists;
}

/**
 * The opposite of `Gather`: along the axis, each position gets the sum of the elements of g that were taken
 * from it, 0 where there are none. It is a gather itself, by the inverse of the indices, and so free of write
 * conflicts; several gathers added up where positions repeat.
 */
export function placed(
  g: Value,
  sources: readonly (readonly number[])[],
  place: TensorAxis,
  b: Builder,
): Value {
  const rounds = sources.reduce((most, list) => Math.max(most, list.length), 1);
  const isFull = sources.every((list) => list.length === rounds);
  const taken = sources.reduce((sum, list) => sum + list.length, 0);
  // Positions that nothing was taken from get a zero, which is appended to g.
  const source = isFull ? g : padded(g, [0, 1], place, b);
  const terms = range(0, rounds).map((round) =>
    b.op('Gather', [source, b.ints(sources.map((list) => list[round] ?? taken))], { axis: place.axis }),
  );
  return terms.length > 1 ? b.op('Sum', terms) : terms[0];
}

/** Zeros before and behind along one axis. */
export function padded(
  x: Value,
  amounts: readonly [number, number],
  { axis, rank }: TensorAxis,
  b: Builder,
): Value {
  const pads = amounts.flatMap((amount) => range(0, rank).map((i) => (i === axis ? amount : 0)));
  return pads.some((amount) => amount !== 0) ? b.op('Pad', [x, b.ints(pads)]) : x;
}
