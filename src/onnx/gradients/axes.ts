/** Axes and lengths, for several families of rules. */

import { intAttribute, intsAttribute } from '../attributes.js';
import { MAX_LISTED } from '../limits.js';
import type { Node } from '../model.js';
import { normalAxis } from '../shapes/rule.js';
import type { Builder, Value } from './builder.js';
import { notCovered, UnknownAxes } from './rule.js';
import { Unbuildable } from './unbuildable.js';

/** A length: known, or an int64 vector of one element computed at run time. */
export type Length = number | Value;

/** Number of axes of a tensor. @throws {CamError} `gradients` where it is not known before the run. */
export function rankOf(node: Node, tensor: string, b: Builder): number {
  const rank = b.rank(tensor);
  if (rank === undefined) throw new UnknownAxes(node, tensor);
  return rank;
}

/** `first`, `first + 1`, … `end - 1`. @throws {CamError} `gradients` for more than are listed one by one. */
export function range(first: number, end: number): readonly number[] {
  if (!(end - first <= MAX_LISTED))
    throw new Unbuildable(`lengths of at most ${MAX_LISTED}`, `${end - first}`);
  return Array.from({ length: Math.max(0, end - first) }, (_, i) => first + i);
}

/** The axis that an attribute names, counted from the front. */
export function axisOf(node: Node, otherwise: number, b: Builder): number {
  return axisIn(node, intAttribute(node, 'axis', otherwise), rankOf(node, node.inputs[0], b));
}

/**
 * An axis of a tensor of `rank` axes, counted from the front.
 * @throws {CamError} `gradients` where there is none.
 */
export function axisIn(node: Node, axis: number, rank: number): number {
  const at = normalAxis(axis, rank);
  if (at >= 0 && at < rank) return at;
  throw notCovered(node, `an axis of a tensor with ${rank}`, `${axis}`);
}

/**
 * A list of integers that is an attribute in old opsets and an input in newer ones; `undefined` where neither
 * is given.
 * @throws {CamError} `gradients` where the input is computed at run time.
 */
export function listOf(node: Node, name: string, input: number, b: Builder): readonly number[] | undefined {
  const attribute = intsAttribute(node, name);
  if (attribute || !node.inputs[input]) return attribute;
  const known = b.numbers(node.inputs[input]);
  if (!known) throw notCovered(node, `constant ${name}`, `${name} computed at run time`);
  if (!known.every(Number.isInteger)) throw notCovered(node, `whole numbers as ${name}`, 'others');
  return known;
}

/** One length of a tensor. */
export function lengthOf(tensor: string, axis: number, b: Builder): Length {
  const known = b.staticShape(tensor)?.[axis];
  return typeof known === 'number' ? known : b.op('Gather', [b.shapeOf(tensor), b.ints([axis])], { axis: 0 });
}

/** Every length of a tensor, for `Builder.vector`. */
export function lengthsOf(node: Node, tensor: string, b: Builder): readonly Length[] {
  return range(0, rankOf(node, tensor, b)).map((axis) => lengthOf(tensor, axis, b));
}

/** Zeros in the shape of a forward tensor. */
export function zerosLike(tensor: string, b: Builder): Value {
  return b.expandLike(b.scalar(0), tensor);
}
