/** Where the backward pass begins: dS/d(scores), made from the target. */

import { CamError } from '../../errors.js';
import { formatShape } from '../format-shape.js';
import type { Dim, Shape, ValueInfo } from '../model.js';
import { matrixOf } from '../score-shape.js';
import type { Builder, Value } from './builder.js';

/**
 * How the score of each image is chosen.
 * - `cotangent` an input `[n, C]`, float32: weights of the columns, so that one class, the difference of two,
 *                or any combination works. Of a tensor that was named, and of scores without the shape of
 *                class scores, it has their shape.
 * - `index` an input `[n]`, int64: one class per image. Of one logit, 1 is the logit and 0 its complement,
 *   minus the logit.
 * - `predicted`  no input: the class of the highest score, the first of equals.
 */
export type TargetForm = 'cotangent' | 'index' | 'predicted';

export interface Seed {
  /** dS/d(score), of the score's shape. */
  readonly value: Value;
  /** The input that it is made from. */
  readonly input: ValueInfo | undefined;
}

/** The tensor that is differentiated, and its columns. */
export interface SeedScore {
  readonly score: string;
  /** Whether the caller named the tensor: it need not hold class scores. */
  readonly named?: true;
  /** The length of the model's batch axis. */
  readonly batch: Dim;
  /** For one column of two classes: the score of class c is `signs[c]` times it. */
  readonly signs?: readonly [number, number];
  /** Where the two classes of one column are equally probable. @default 0 */
  readonly even?: number;
}

/** @param name What the input is called. */
export function makeSeed(b: Builder, of: SeedScore, target: TargetForm, name: string): Seed {
  const { score, named, batch } = of;
  if (target === 'cotangent') {
    const shape = b.staticShape(score);
    const matrix = named ? undefined : matrixOf(shape, batch);
    const input: ValueInfo = { name, dtype: 'float32', ...(shape && { shape: matrix ?? shape }) };
    const given = b.value(name, 'float32', input.shape);
    return { value: matrix ? laidOut(b, score, given) : given, input };
  }
  if (target === 'predicted') return { value: oneHotScores(b, of, predictedClass(b, of)), input: undefined };
  const input = classInput(b, of, name);
  return { value: oneHotScores(b, of, b.value(name, 'int64', input.shape)), input };
}

/** An input with the class of each image, `[n]`, int64. */
export function classInput(b: Builder, of: SeedScore, name: string): ValueInfo {
  const [images] = expectClassScores(b, of, 'index');
  return { name, dtype: 'int64', shape: [images] };
}

/** The class of the highest score of each image, the first of equals: `[n]`, int64. */
export function predictedClass(b: Builder, of: SeedScore): Value {
  const { score, signs, even = 0 } = of;
  const matrix = expectClassScores(b, of, 'predicted');
  const scores = asMatrix(b, of, b.forward(score));
  if (!signs) return b.op('ArgMax', [scores], { axis: 1, keepdims: 0 });
  const isSecond = b.op('Greater', [b.scale(scores, signs[1]), b.scalar(signs[1] * even)]);
  return b.reshape(b.cast(b.stated(isSecond, matrix), 'int64'), [-1]);
}

/** The number of classes, an int64 scalar. */
export function classCountScalar(b: Builder, of: SeedScore): Value {
  if (of.signs) return b.ints([2], []);
  const [, classes] = expectClassScores(b, of, 'index');
  if (typeof classes === 'number') return b.ints([classes], []);
  const lengths = b.op('Shape', [asMatrix(b, of, b.forward(of.score))]);
  return b.op('Gather', [lengths, b.ints([1], [])], { axis: 0 });
}

/**
 * 1 at each image's class and 0 elsewhere, in the shape of the scores; of one logit, its sign.
 * @param index `[n]`, int64
 */
export function oneHotScores(b: Builder, of: SeedScore, index: Value): Value {
  const { score, signs } = of;
  const matrix = expectClassScores(b, of, 'index');
  const made = signs
    ? b.reshape(signOf(b, signs, index), [-1, 1])
    : b.op('OneHot', [index, classCountScalar(b, of), b.floats([0, 1])]);
  return laidOut(b, score, b.stated(made, matrix));
}

/** The sign of each image's class, `[n]`. */
export const signOf = (b: Builder, signs: readonly [number, number], index: Value): Value =>
  b.op('Gather', [b.floats(signs), index], { axis: 0 });

/** `[n, C]` of scores that are laid out in another way. */
function asMatrix(b: Builder, { score, batch }: SeedScore, scores: Value): Value {
  const shape = b.staticShape(score);
  if (shape?.length === 2) return scores;
  if (shape?.length === 0) return b.reshape(scores, [1, 1]);
  if (shape?.length === 1)
    return b.op('Unsqueeze', [scores, b.ints([matrixOf(shape, batch)?.[1] === 1 ? 1 : 0])]);
  const classes = shape?.findIndex((dim, axis) => axis > 0 && dim !== 1) ?? -1;
  const kept = classes < 0 ? 1 : classes;
  const ones = shape?.flatMap((_, axis) => (axis > 0 && axis !== kept ? [axis] : [])) ?? [];
  return b.op('Squeeze', [scores, b.ints(ones)]);
}

function laidOut(b: Builder, score: string, value: Value): Value {
  return b.rank(score) === 2 ? value : b.reshapeLike(value, score);
}

function expectClassScores(b: Builder, { score, batch }: SeedScore, target: TargetForm): Shape {
  const shape = b.staticShape(score);
  const matrix = matrixOf(shape, batch);
  if (matrix) return matrix;
  throw new CamError(
    'gradients',
    `target ${target}: expected scores [n, C] to choose a class from, got "${score}" ${formatShape(shape)}. Give a cotangent of that shape instead.`,
  );
}
