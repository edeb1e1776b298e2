import { CamError } from '../errors.js';
import { FixedTarget, type RowFunction } from './fixed-target.js';
import type { TargetKind } from './kind.js';
import { isLike } from './specs.js';

/** S = (e · v) / (‖e‖ ‖v‖). */
export function cosine(vector: ArrayLike<number>): RowFunction {
  const v = Float64Array.from(vector);
  const length = Math.hypot(...v);
  const parts = (e: Float32Array) => {
    const own = Math.sqrt(e.reduce((sum, value) => sum + value * value, 0));
    const product = e.reduce((sum, value, i) => sum + value * v[i], 0);
    return { own, score: own === 0 ? 0 : product / (own * length) };
  };
  return {
    score: (e) => parts(e).score,
    // d/de = v / (‖e‖ ‖v‖) - S e / ‖e‖²
    cotangent: (e) => {
      const { own, score } = parts(e);
      return own === 0
        ? e.map(() => 0)
        : e.map((value, i) => v[i] / (own * length) - (score * value) / own ** 2);
    },
  };
}

/** The similarity of an embedding with another. */
export const likeTarget: TargetKind = {
  choose: (spec, pass, at) => {
    const { explained, scores } = pass.reader;
    if (typeof spec !== 'object' || !isLike(spec)) throw new Error('expected a likeness.');
    const own = pass.explained(at);
    const { length } = own;
    const { like, name = 'like' } = spec;
    const bad = Array.from(like).find((value) => !Number.isFinite(value));
    if (like.length !== length || bad !== undefined || Array.from(like).every((value) => value === 0)) {
      const got =
        bad !== undefined ? `the number ${bad}` : like.length !== length ? `${like.length}` : 'zeros only';
      throw new CamError(
        'target',
        `target ${name}: expected ${length} finite numbers, as many as output "${scores.graphOutput}" has, got ${got}.`,
      );
    }
    if (own.every((value) => value === 0))
      throw new CamError(
        'target',
        `target ${name}: output "${scores.graphOutput}" of this picture is all 0: it has no direction to compare.`,
      );
    return new FixedTarget(name, spec, explained, cosine(like));
  },
  shown: (pass, at) => ({ scores: pass.explained(at).slice(), probabilities: new Float64Array(0) }),
};
