/** The first kind of target: a class, or a weighted sum of all. */
import { CamError } from '../errors.js';
import type { Target } from '../types.js';
import type { ScoredPass } from './scored-pass.js';
import { similarLabels } from './similar-labels.js';
import {
  type AnyTarget,
  highest,
  isWeights,
  type TargetSpec,
  type TargetWeights,
  topCount,
} from './specs.js';
import type { Evaluation, TargetFunction } from './target.js';

/** S is the score of a class, or with weights `Σ_c weights[c] · score[c]`. */
class ClassTarget implements TargetFunction {
  readonly name: string;

  /**
   * @param output   The tensor that is explained.
   * @param classes  How many there are.
   * @param weights  `[C]`; missing: 1 for the class, 0 for the others.
   */
  constructor(
    readonly output: string,
    readonly index: number,
    private readonly classes: number,
    private readonly label: string | undefined,
    private readonly weights?: Float32Array,
  ) {
    this.name = weights ? 'weights of all' : `class ${index}`;
  }

  get spec(): AnyTarget {
    return this.weights ? { weights: this.weights } : this.index;
  }

  evaluate(pass: ScoredPass, at: number): Evaluation {
    const { index, classes, weights } = this;
    return {
      get score() {
        const scores = pass.explained(at);
        return weights ? weights.reduce((sum, weight, c) => sum + weight * scores[c], 0) : scores[index];
      },
      get probability() {
        return pass.probabilities(at)[index];
      },
      get cotangent() {
        return pass.reader.columns(weights ?? oneHot(index, classes));
      },
    };
  }

  describe(pass: ScoredPass, at: number): Target {
    const { index, label, weights } = this;
    return { index, label, score: pass.probabilities(at)[index], ...(weights && { weights }) };
  }
}

/** 1 at the class, 0 elsewhere. */
export function oneHot(index: number, classes: number): Float32Array {
  const values = new Float32Array(classes);
  values[index] = 1;
  return values;
}

/**
 * The classes that are meant for one picture of a pass, in order.
 * @throws {CamError} `target` for an index outside the classes, a label that is unknown, that no labels are
 *   there for, or that several classes carry, and for weights that are not one finite number per class.
 */
export function classTargets(
  specs: readonly AnyTarget[],
  pass: ScoredPass,
  at: number,
  labels?: readonly string[],
): readonly TargetFunction[] {
  const scores = pass.scores(at);
  return specs
    .flatMap((spec): readonly AnyTarget[] => {
      const count = topCount(spec);
      return count === undefined ? [spec] : highest(scores, count);
    })
    .map((spec) => {
      const weights = isWeights(spec) ? expectWeights(spec, scores.length) : undefined;
      const index = weights
        ? indexOf('predicted', weights)
        : indexOf(withoutPrefix(spec as TargetSpec), scores, labels);
      return new ClassTarget(pass.reader.explained, index, scores.length, labels?.[index], weights);
    });
}

/** A label that reads like another target is asked for as `label:value`. */
const withoutPrefix = (spec: TargetSpec): TargetSpec =>
  typeof spec === 'string' && spec.startsWith('label:') ? ` ${spec.slice('label:'.length)}` : spec;

/** @throws {CamError} `target` unless there is one finite number per class. */
function expectWeights({ weights }: TargetWeights, classes: number): Float32Array {
  const floats = Float32Array.from(weights);
  const bad = floats.findIndex((weight) => !Number.isFinite(weight));
  if (floats.length === classes && bad < 0) return floats;
  const got = bad < 0 ? `${floats.length}` : `${floats[bad]} for class ${bad}`;
  throw new CamError('target', `target: expected ${classes} finite weights, one per class, got ${got}.`);
}

/**
 * @throws {CamError} `target` for an index outside the classes, a label that is unknown, that no labels are
 *   there for, or that several classes carry.
 */
export function indexOf(spec: TargetSpec, scores: ArrayLike<number>, labels?: readonly string[]): number {
  if (spec === 'predicted') return highest(scores, 1)[0];
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
