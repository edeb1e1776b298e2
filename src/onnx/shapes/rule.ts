/** Types and functions that shape rules share. */

import type { Dim, Node, Shape } from '../model.js';

/** A small constant that shape arithmetic goes through: numbers, or named lengths such as the batch. */
export interface SmallConstant {
  readonly shape: readonly number[];
  readonly data: readonly Dim[];
  /** True for floating point, whose division keeps fractions. */
  readonly real?: boolean;
}

export interface Op {
  readonly node: Node;
  readonly opset: number;
  /** Shape of the i-th input; `undefined` where unknown or left out. */
  shape(input: number): Shape | undefined;
  /** Elements of the i-th input where it is a small known constant. */
  value(input: number): SmallConstant | undefined;
  int(attribute: string, otherwise: number): number;
  ints(attribute: string): readonly number[] | undefined;
  string(attribute: string, otherwise: string): string;
}

/** One shape per output, `undefined` where unknown. */
export type ShapeRule = (op: Op) => readonly (Shape | undefined)[];

/** The integers of a list that is an attribute in old opsets and an input in newer ones. */
export function intsOf(op: Op, attribute: string, input: number): readonly number[] | undefined {
  return op.ints(attribute) ?? numbers(op.value(input));
}

/** All elements, where all are known. */
export function numbers(value: SmallConstant | undefined): readonly number[] | undefined {
  const data = value?.data.filter((dim) => typeof dim === 'number');
  return data && data.length === value?.data.length ? data : undefined;
}

/** An axis counted from the front; ONNX counts from the back with negative ones. */
export function normalAxis(axis: number, rank: number): number {
  return axis < 0 ? axis + rank : axis;
}

/** The broadcast shape (NumPy's rule); a length is unknown where the two cannot be compared. */
export function broadcast(a: Shape, b: Shape): Shape {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, i) => {
    const left = dimAt(a, i - rank + a.length);
    const right = dimAt(b, i - rank + b.length);
    if (left === right || right === 1) return left;
    if (left === 1) return right;
    // A known length above 1 wins over an unknown one, which can only be that or 1.
    if (typeof left === 'number') return typeof right === 'number' ? undefined : left;
    return typeof right === 'number' ? right : undefined;
  });
}

function dimAt(shape: Shape, i: number): Dim {
  return i < 0 ? 1 : shape[i];
}

/** Product where all lengths are known. */
export function product(dims: Shape): number | undefined {
  let total = 1;
  for (const dim of dims) {
    if (typeof dim !== 'number') return undefined;
    total *= dim;
  }
  return total;
}

/** Sum of lengths; a named length is known only where it is the only one. */
export function sum(dims: Shape): Dim {
  if (dims.length === 1) return dims[0];
  let total = 0;
  for (const dim of dims) {
    if (typeof dim !== 'number') return undefined;
    total += dim;
  }
  return total;
}

/** First input's shape for the first output. */
export const sameAsInput: ShapeRule = (op) => [op.shape(0)];
