/** What is asked to be explained: classes by name, index or rank, or weights of them. */
import { CamError } from '../errors.js';
import { described } from '../names.js';

/**
 * A class: `'predicted'` (the highest score), an index, or a label (whole, or its first synonym; case
 * ignored). `'top3'` stands for the three classes of the highest scores, one after the other; so does `top`
 * with any other number from 1.
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

export type AnyTarget = TargetSpec | TargetWeights;

/**
 * One target, or several, as a list.
 * @throws {CamError} `target` for what is none.
 */
export function targetsOf(asked: AnyTarget | readonly AnyTarget[]): readonly AnyTarget[] {
  const list: readonly unknown[] = Array.isArray(asked) ? asked : [asked];
  const bad = list.findIndex((target) => {
    if (typeof target === 'string' || typeof target === 'number') return false;
    const { weights } = Object(target) as Partial<TargetWeights>;
    return !(Array.isArray(weights) || ArrayBuffer.isView(weights));
  });
  if (bad < 0 && list.length > 0) return list as readonly AnyTarget[];
  throw new CamError(
    'target',
    `target: expected 'predicted', a class index, a label or { weights }, got ${list.length > 0 ? described(list[bad]) : 'an empty list'}.`,
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
