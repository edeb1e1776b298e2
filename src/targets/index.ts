/** What is explained: a scalar score of the model's outputs, with its cotangent. */
export { classTargets, oneHot } from './class-target.js';
export { probabilities } from './probabilities.js';
export { ScoreReader } from './score-reader.js';
export { ScoredPass } from './scored-pass.js';
export {
  type AnyTarget,
  highest,
  type TargetSpec,
  type TargetWeights,
  targetsOf,
  topCount,
} from './specs.js';
export type { Evaluation, TargetFunction } from './target.js';
