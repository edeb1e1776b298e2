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
  if (target === 'cotangent') {
    const input: ValueInfo = { name, dtype: 'float32', ...(shape && { shape: matrix ?? shape }) };
    const given = b.value(name, 'float32', input.shape);
    return { value: matrix ? laidOut(b, score, given) : given, input };
  }
  if (target === 'predicted')
    return { value: oneHotScores(b, score, predictedClass(b, score)), input: undefined };
  const input = classInput(b, score, name);
  return { value: oneHotScores(b, score, b.value(name, 'int64', input.shape)), input };
}

/** An input with the class of each image, `[n]`, int64. */
export function classInput(b: Builder, score: string, name: string): ValueInfo {
  const [images] = expectClassScores(b, score, 'index');
  return { name, dtype: 'int64', shape: [images] };
}

/** The class of the highest score of each image, the first of equals: `[n]`, int64. */
export function predictedClass(b: Builder, score: string): Value {
  expectClassScores(b, score, 'predicted');
  const scores = b.forward(score);
  const flat = b.rank(score) === 2 ? scores : b.op('Squeeze', [scores, b.ints([2, 3])]);
  return b.op('ArgMax', [flat], { axis: 1, keepdims: 0 });
}

/** The number of classes, an int64 scalar. */
export function classCount(b: Builder, score: string): Value {
  const [, classes] = expectClassScores(b, score, 'index');
  if (typeof classes === 'number') return b.ints([classes], []);
  return b.op('Gather', [b.shapeOf(score), b.ints([1], [])], { axis: 0 });
}

/** 1 at each image's class and 0 elsewhere, in the shape of the scores. @param index `[n]`, int64 */
export function oneHotScores(b: Builder, score: string, index: Value): Value {
  const matrix = expectClassScores(b, score, 'index');
  const oneHot = b.op('OneHot', [index, classCount(b, score), b.floats([0, 1])]);
  return laidOut(b, score, b.stated(oneHot, matrix));
}

function laidOut(b: Builder, score: string, value: Value): Value {
  return b.rank(score) === 4 ? b.reshapeLike(value, score) : value;
}

function expectClassScores(b: Builder, score: string, target: TargetForm): Shape {
  const shape = b.staticShape(score);
  const matrix = classScoresShape(shape);
  if (matrix) return matrix;
  throw new CamError(
    'gradients',
    `target ${target}: expected scores [n, C] to choose a class from, got "${score}" ${formatShape(shape)}. Give a cotangent of that shape instead.`,
  );
}

/** `[n, C]` of scores that are laid out as `[n, C]` or `[n, C, 1, 1]`. */
function classScoresShape(shape: Shape | undefined): Shape | undefined {
  if (shape?.length === 2) return shape;
  return shape?.length === 4 && shape[2] === 1 && shape[3] === 1 ? shape.slice(0, 2) : undefined;
}
