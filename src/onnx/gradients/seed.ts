/** Where the backward pass begins: dS/d(scores), made from the target. */

import { CamError } from '../../errors.js';
import { formatShape } from '../ends.js';
import type { Shape, ValueInfo } from '../model.js';
import type { Builder, Value } from './builder.js';

/**
 * How the score of each image is chosen.
 * - `cotangent`  an input `[n, C]`, float32: weights of the classes, so that one class, the difference of two, or any
 *                combination works. Where the score is no `[n, C]` or `[n, C, 1, 1]`, the input has its shape.
 * - `index`      an input `[n]`, int64: one class per image.
 * - `predicted`  no input: the class of the highest score, the first of equals.
 */
export type TargetForm = 'cotangent' | 'index' | 'predicted';

export interface Seed {
  /** dS/d(score), of the score's shape. */
  readonly value: Value;
  /** The input that it is made from. */
  readonly input: ValueInfo | undefined;
}

/** @param name What the input is called. */
export function makeSeed(b: Builder, score: string, target: TargetForm, name: string): Seed {
  const shape = b.staticShape(score);
  const matrix = classScoresShape(shape);
  const laidOut = (value: Value) => (matrix && shape?.length === 4 ? b.reshapeLike(value, score) : value);
  if (target === 'cotangent') {
    const input: ValueInfo = { name, dtype: 'float32', ...(shape && { shape: matrix ?? shape }) };
    const given = b.value(name, 'float32', input.shape);
    return { value: laidOut(given), input };
  }
  if (!matrix)
    throw new CamError(
      'gradients',
      `target ${target}: expected scores [n, C] to choose a class from, got "${score}" ${formatShape(shape)}. Give a cotangent of that shape instead.`,
    );
  const [images, classes] = matrix;
  const depth =
    typeof classes === 'number'
      ? b.ints([classes])
      : b.op('Slice', [b.shapeOf(score), b.ints([1]), b.ints([2])]);
  const oneHot = (index: Value) =>
    laidOut(b.stated(b.op('OneHot', [index, depth, b.floats([0, 1])]), matrix));
  if (target === 'index') {
    const input: ValueInfo = { name, dtype: 'int64', shape: [images] };
    return { value: oneHot(b.value(name, 'int64', input.shape)), input };
  }
  const scores = b.forward(score);
  const flat = shape?.length === 2 ? scores : b.op('Squeeze', [scores, b.ints([2, 3])]);
  return { value: oneHot(b.op('ArgMax', [flat], { axis: 1, keepdims: 0 })), input: undefined };
}

/** `[n, C]` of scores that are laid out as `[n, C]` or `[n, C, 1, 1]`. */
function classScoresShape(shape: Shape | undefined): Shape | undefined {
  if (shape?.length === 2) return shape;
  return shape?.length === 4 && shape[2] === 1 && shape[3] === 1 ? shape.slice(0, 2) : undefined;
}
