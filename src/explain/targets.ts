import { CamError } from '../errors.js';
import { described } from '../names.js';
import type { Activation } from '../onnx/model.js';
import type { Target } from '../types.js';
import { similarLabels } from './similar-labels.js';

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
 * Probabilities of the scores `[C]`, in float64.
 * @param activation  What makes them; `none` of scores that are probabilities already.
 */
export function probabilities(scores: Float32Array, activation: Activation = 'softmax'): Float64Array {
  if (activation === 'none') return Float64Array.from(scores);
  if (activation === 'sigmoid') return Float64Array.from(scores, (score) => 1 / (1 + Math.exp(-score)));
  let largest = Number.NEGATIVE_INFINITY;
  for (let c = 0; c < scores.length; c++) largest = Math.max(largest, scores[c]);
  const chances = new Float64Array(scores.length);
  let sum = 0;
  for (let c = 0; c < scores.length; c++) {
    chances[c] = Math.exp(scores[c] - largest);
    sum += chances[c];
  }
  for (let c = 0; c < scores.length; c++) chances[c] /= sum;
  return chances;
}

/**
 * How many of the most probable classes a spec stands for: 3 for `top3`; undefined for one that names a
 * class.
 */
export function topCount(spec: unknown): number | undefined {
  const [, count] = (typeof spec === 'string' && /^top([1-9]\d{0,5})$/.exec(spec)) || [];
  return count === undefined ? undefined : Number(count);
}

/**
 * The classes that specs mean for one image, in order.
 * @throws {CamError} As `resolveTarget`.
 */
export function resolveTargets(
  specs: readonly AnyTarget[],
  scores: Float32Array,
  chances: Float64Array,
  labels?: readonly string[],
): readonly Target[] {
  return specs
    .flatMap((spec): readonly AnyTarget[] => {
      const count = topCount(spec);
      return count === undefined ? [spec] : highest(scores, count);
    })
    .map((spec) => resolveTarget(spec, scores, chances, labels));
}

/** The classes of the highest values, highest first. */
export const highest = (values: ArrayLike<number>, count: number): number[] =>
  Array.from({ length: values.length }, (_, index) => index)
    .sort((a, b) => values[b] - values[a])
    .slice(0, count);

/**
 * The class a spec means for one image.
 * @throws {CamError} `target` for an index outside the classes, a label that is unknown or that no labels are
 *   there for or several classes carry, or weights that are not one finite number per class.
 */
function resolveTarget(
  spec: AnyTarget,
  scores: Float32Array,
  chances: Float64Array,
  labels?: readonly string[],
): Target {
  const weights = typeof spec === 'object' ? expectWeights(spec, scores.length) : undefined;
  const index =
    typeof spec === 'object' ? indexOf('predicted', weights ?? scores) : indexOf(spec, scores, labels);
  return { index, label: labels?.[index], score: chances[index], ...(weights && { weights }) };
}

function expectWeights({ weights }: TargetWeights, classes: number): Float32Array {
  const floats = Float32Array.from(weights);
  const bad = floats.findIndex((weight) => !Number.isFinite(weight));
  if (floats.length === classes && bad < 0) return floats;
  const got = bad < 0 ? `${floats.length}` : `${floats[bad]} for class ${bad}`;
  throw new CamError('target', `target: expected ${classes} finite weights, one per class, got ${got}.`);
}

function indexOf(spec: TargetSpec, scores: Float32Array, labels?: readonly string[]): number {
  if (spec === 'predicted') return scores.reduce((best, score, i) => (score > scores[best] ? i : best), 0);
  if (typeof spec === 'number') {
    if (Number.isInteger(spec) && spec >= 0 && spec < scores.length) return spec;
    throw new CamError('target', `target: expected a class from 0 to ${scores.length - 1}, got ${spec}.`);
  }
  if (!labels) {
    throw new CamError(
      'target',
      `target: expected a class index (this model has no labels), got "${spec}". Give labels, or an index from 0 to ${scores.length - 1}.`,
    );
  }
  const wanted = spec.trim().toLowerCase();
  const matching = (text: (label: string) => string): number[] =>
    labels.flatMap((label, c) => (text(label) === wanted ? [c] : []));
  const whole = matching((label) => label.trim().toLowerCase());
  const found = whole.length > 0 ? whole : matching(firstSynonym);
  if (found.length === 1) return found[0];
  if (found.length > 1) {
    throw new CamError(
      'target',
      `target: expected the label of one class, got "${spec}", which classes ${found.join(' and ')} carry. Give the index.`,
    );
  }
  const similar = similarLabels(wanted, labels);
  const hint = similar.length > 0 ? ` Did you mean ${similar.map((label) => `"${label}"`).join(', ')}?` : '';
  throw new CamError('target', `target: no class is labelled "${spec}".${hint}`);
}

const firstSynonym = (label: string): string => label.split(',')[0].trim().toLowerCase();
