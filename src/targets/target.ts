import type { Target } from '../types.js';
import type { ScoredPass } from './scored-pass.js';
import type { AnyTarget } from './specs.js';

/**
 * What a map explains, as a function S of the model's outputs, for one picture. Gradients start from its
 * cotangent; methods of many passes compare its score.
 */
export interface TargetFunction {
  /** For people: `class 281`. */
  readonly name: string;
  /** The tensor that S is computed from. */
  readonly output: string;
  /** What to ask for to have the same target of another picture. */
  readonly spec: AnyTarget;
  /** The class; of weights of several, the one of the largest weight. */
  readonly index: number;
  /** S and what goes with it, each computed when it is read. */
  evaluate(pass: ScoredPass, at: number): Evaluation;
  /** The target as results show it. */
  describe(pass: ScoredPass, at: number): Target;
}

/** A target's value for one picture of a pass. */
export interface Evaluation {
  /** S. */
  readonly score: number;
  /** Probability of the class, 0..1, whatever S is; S itself where the target is no class. */
  readonly probability: number;
  /** dS/d(output), one number per column of `output`. */
  readonly cotangent: Float32Array;
}
