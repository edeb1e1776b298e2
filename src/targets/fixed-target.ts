import type { Target } from '../types.js';
import type { ScoredPass } from './scored-pass.js';
import type { AnyTarget } from './specs.js';
import type { Evaluation, TargetFunction } from './target.js';

/** S of one picture's row of the output. What it selects was chosen before, and is held fixed. */
export interface RowFunction {
  score(row: Float32Array): number;
  /** dS/d(row) */
  cotangent(row: Float32Array): Float32Array;
}

/** A target that is a function of the output's own numbers. */
export class FixedTarget implements TargetFunction {
  /**
   * @param output  The tensor that is explained.
   * @param of      S.
   * @param facts   What results say of it besides S.
   */
  constructor(
    readonly name: string,
    readonly spec: AnyTarget,
    readonly output: string,
    private readonly of: RowFunction,
    private readonly facts: Partial<Target> = {},
  ) {}

  get index(): number {
    return this.facts.index ?? 0;
  }

  evaluate(pass: ScoredPass, at: number): Evaluation {
    const { of } = this;
    return {
      get score() {
        return of.score(pass.explained(at));
      },
      get probability() {
        return of.score(pass.explained(at));
      },
      get cotangent() {
        return of.cotangent(pass.explained(at));
      },
    };
  }

  describe(pass: ScoredPass, at: number): Target {
    const value = this.of.score(pass.explained(at));
    return { index: this.index, score: value, name: this.name, value, ...this.facts };
  }
}

/** `Σ weights[i] · row[i]` over some of a row's numbers. */
export function weightedSum(weights: ReadonlyMap<number, number>): RowFunction {
  return {
    score: (row) => {
      let sum = 0;
      for (const [i, weight] of weights) sum += weight * row[i];
      return sum;
    },
    cotangent: (row) => {
      const made = new Float32Array(row.length);
      for (const [i, weight] of weights) made[i] = weight;
      return made;
    },
  };
}
