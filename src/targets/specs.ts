/** What is asked to be explained. */
import { CamError } from '../errors.js';
import { described } from '../names.js';
import type { Answer } from '../onnx/model.js';

/**
 * A class: `'predicted'` (the highest score), an index, or a label (whole, or its first synonym; case
 * ignored). `'top3'` stands for the three classes of the highest scores, one after the other; so does `top`
 * with any other number from 1. A label that reads like one of the words below: `label:value`.
 *
 * `'value'`, `'value:J'`: number J (0) of the output. `'pixels:C'`: the pixels that class C wins, an index or
 * a label. `'box:K'`: the K-th best detection, from 0.
 */
export type TargetSpec = 'predicted' | `top${number}` | number | (string & {});

/**
 * What gradients are taken of, in place of one class's score: `Σ_c weights[c] · score[c]`, say the difference
 * of two classes. One finite number per class. For methods that take gradients, and those that ignore the
 * class.
 */
export interface TargetWeights {
  readonly weights: ArrayLike<number>;
}

/** The cosine similarity of the output `e [n, D]` with a vector v: `(e · v) / (‖e‖ ‖v‖)`. */
export interface LikeTarget {
  /** `[D]` */
  readonly like: ArrayLike<number>;
  /** For people: where the vector is from. */
  readonly name?: string;
}

/** One picture's part of an output: its shape is without the axis of pictures. */
export interface OutputValues {
  readonly data: Float32Array;
  readonly shape: readonly number[];
}

/** A target of your own: any differentiable function of any outputs. */
export interface CustomTarget {
  /** For people. */
  readonly name?: string;
  /** Names of the outputs that it looks at; tensors of the graph are taken as well. */
  readonly outputs: readonly string[];
  /**
   * @param outputs  By name, of one picture.
   * @returns S, and `dS/d(output)` of each output that S depends on, in the order of its values.
   */
  readonly evaluate: (outputs: Readonly<Record<string, OutputValues>>) => {
    readonly score: number;
    readonly cotangents: Readonly<Record<string, ArrayLike<number>>>;
  };
}

/** `Σ weight · S` of targets of one kind: with weights 1 and -1 their difference. */
export interface TargetSum {
  readonly sum: readonly { readonly weight: number; readonly target: AnyTarget }[];
}

export type AnyTarget = TargetSpec | TargetWeights | LikeTarget | CustomTarget | TargetSum;

export const isWeights = (target: AnyTarget): target is TargetWeights => isWith(target, 'weights');
export const isLike = (target: AnyTarget): target is LikeTarget => isWith(target, 'like');
export const isCustom = (target: AnyTarget): target is CustomTarget => isWith(target, 'evaluate');
export const isSum = (target: AnyTarget): target is TargetSum => isWith(target, 'sum');

const isWith = (target: AnyTarget, key: string): boolean => typeof target === 'object' && key in target;

/**
 * What a target asks of the model, where that is not the score of a class.
 * @throws {CamError} `target` for a sum of targets of several kinds.
 */
export function answerOf(target: AnyTarget): Answer | undefined {
  if (typeof target === 'string') {
    const [, word] = /^(value|pixels|box)(?::|$)/.exec(target) ?? [];
    return word as Answer | undefined;
  }
  if (typeof target === 'number' || isWeights(target)) return undefined;
  if (isLike(target)) return 'like';
  if (isCustom(target)) return 'outputs';
  const answers = [...new Set(target.sum.map((term) => answerOf(term.target)))];
  if (answers.length === 1) return answers[0];
  throw new CamError(
    'target',
    `target: expected a sum of targets of one kind, got ${answers.map((answer) => answer ?? 'class').join(' and ')}. Write a target of your own: { outputs, evaluate }.`,
  );
}

const isList = (value: unknown): boolean => Array.isArray(value) || ArrayBuffer.isView(value);

function isTarget(target: unknown): target is AnyTarget {
  if (typeof target === 'string' || typeof target === 'number') return true;
  const { weights, like, outputs, evaluate, sum } = Object(target);
  if (Array.isArray(sum))
    return (
      sum.length > 0 &&
      sum.every((term) => Number.isFinite(Object(term).weight) && isTarget(Object(term).target))
    );
  return (
    isList(weights) ||
    isList(like) ||
    (typeof evaluate === 'function' && Array.isArray(outputs) && outputs.length > 0)
  );
}

/**
 * One target, or several, as a list.
 * @throws {CamError} `target` for what is none.
 */
export function targetsOf(asked: AnyTarget | readonly AnyTarget[]): readonly AnyTarget[] {
  const list: readonly unknown[] = Array.isArray(asked) ? asked : [asked];
  const bad = list.findIndex((target) => !isTarget(target));
  if (bad < 0 && list.length > 0) return list as readonly AnyTarget[];
  throw new CamError(
    'target',
    `target: expected 'predicted', a class index, a label, 'value', 'pixels:C', 'box:K', { weights }, { like }, { outputs, evaluate } or { sum }, got ${list.length > 0 ? described(list[bad]) : 'an empty list'}.`,
  );
}

/**
 * How many of the most probable classes a spec stands for: 3 for `top3`; undefined for one that names a
 * class.
 */
export function topCount(spec: unknown): number | undefined {
  const [, count] = (typeof spec === 'string' && /^top([1-9]\d{0,5})$/.exec(spec)) || [];
  return count === undefined ? undefined : Number(count);
}

/** The classes of the highest values, highest first. */
export const highest = (values: ArrayLike<number>, count: number): number[] =>
  Array.from({ length: values.length }, (_, index) => index)
    .sort((a, b) => values[b] - values[a])
    .slice(0, count);
