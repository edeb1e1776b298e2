/** What is explained: a scalar score of the model's outputs, with its cotangent. */
export { AnswerReader } from './answer-reader.js';
export { chooseTargets, shownScores } from './choose.js';
export { oneHot } from './class-target.js';
export type { BoxForm, ShownScores, TargetContext } from './kind.js';
export { probabilities } from './probabilities.js';
export { ScoreReader } from './score-reader.js';
export { ScoredPass } from './scored-pass.js';
export {
  type AnyTarget,
  answerOf,
  type CustomTarget,
  highest,
  isCustom,
  isSum,
  isWeights,
  type LikeTarget,
  type OutputValues,
  type TargetSpec,
  type TargetSum,
  type TargetWeights,
  targetsOf,
  topCount,
} from './specs.js';
export type { Evaluation, TargetFunction } from './target.js';
