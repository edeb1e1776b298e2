/** From what is asked to targets: one kind of target per file. */

import { CamError } from '../errors.js';
import type { Answer } from '../onnx/model.js';
import type { Target } from '../types.js';
import { boxTarget } from './box-target.js';
import { classTargets } from './class-target.js';
import { customTarget } from './custom-target.js';
import type { ShownScores, TargetContext, TargetKind } from './kind.js';
import { likeTarget } from './like-target.js';
import { pixelsTarget } from './pixels-target.js';
import type { ScoredPass } from './scored-pass.js';
import { type AnyTarget, answerOf, isSum } from './specs.js';
import type { TargetFunction } from './target.js';
import { valueTarget } from './value-target.js';

const kinds: Record<Answer, TargetKind> = {
  value: valueTarget,
  pixels: pixelsTarget,
  box: boxTarget,
  like: likeTarget,
  outputs: customTarget,
};

/**
 * The targets that are meant for one picture of a pass, in order.
 * @throws {CamError} `target` for what the outputs do not have, and for another kind of target than the model
 *   was opened for.
 */
export function chooseTargets(
  specs: readonly AnyTarget[],
  pass: ScoredPass,
  at: number,
  context: TargetContext,
): readonly TargetFunction[] {
  return specs.flatMap((spec) => {
    const answer = answerOf(spec);
    const opened = pass.reader.scores.answer;
    if (answer !== opened) throw otherKind(spec, opened);
    if (typeof spec === 'object' && isSum(spec)) return [sumOf(spec, pass, at, context)];
    return answer
      ? [kinds[answer].choose(spec, pass, at, context)]
      : classTargets([spec], pass, at, context.labels);
  });
}

/** What results show of a picture's output. */
export function shownScores(pass: ScoredPass, at: number, context: TargetContext): ShownScores {
  const { answer } = pass.reader.scores;
  if (answer) return kinds[answer].shown(pass, at, context);
  return { scores: pass.scores(at), probabilities: pass.probabilities(at) };
}

function otherKind(spec: AnyTarget, opened: Answer | undefined): CamError {
  const got = typeof spec === 'object' ? `{ ${Object.keys(spec).join(', ')} }` : `"${spec}"`;
  return new CamError(
    'target',
    opened === undefined
      ? `target: expected a class, since the model was opened to explain classes, got ${got}. Open it with this target: createExplainer(model, { target }).`
      : `target: expected a target of the kind that the model was opened for (${opened}), got ${got}. Open it with this target: createExplainer(model, { target }).`,
  );
}

/** `Σ weight · S`: cotangents add up likewise. */
function sumOf(
  spec: Extract<AnyTarget, { sum: unknown }>,
  pass: ScoredPass,
  at: number,
  context: TargetContext,
): TargetFunction {
  const terms = spec.sum.map(({ weight, target }) => {
    const [of, ...more] = chooseTargets([target], pass, at, context);
    if (more.length === 0) return { weight, of };
    throw new CamError(
      'target',
      `target: expected single targets in a sum, got "${String(target)}". Name the classes one by one.`,
    );
  });
  const [first] = terms;
  const name = terms.map(({ weight, of }) => `${weight} · ${of.name}`).join(' + ');
  return new SumTarget(name, spec, first.of.output, terms);
}

class SumTarget implements TargetFunction {
  readonly index: number;

  constructor(
    readonly name: string,
    readonly spec: AnyTarget,
    readonly output: string,
    private readonly terms: readonly { readonly weight: number; readonly of: TargetFunction }[],
  ) {
    this.index = terms[0].of.index;
  }

  evaluate(pass: ScoredPass, at: number) {
    const parts = this.terms.map(({ weight, of }) => ({ weight, of: of.evaluate(pass, at) }));
    const total = (of: (part: { score: number; probability: number }) => number) =>
      parts.reduce((sum, part) => sum + part.weight * of(part.of), 0);
    return {
      get score() {
        return total(({ score }) => score);
      },
      get probability() {
        return total(({ probability }) => probability);
      },
      get cotangent() {
        const rows = parts.map(({ weight, of }) => ({ weight, row: of.cotangent }));
        return rows[0].row.map((_, i) => rows.reduce((sum, { weight, row }) => sum + weight * row[i], 0));
      },
    };
  }

  describe(pass: ScoredPass, at: number): Target {
    const value = this.evaluate(pass, at).score;
    return { index: this.index, score: value, name: this.name, value };
  }
}
