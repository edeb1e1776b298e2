/** Passes of which the outputs are given by hand. */
import type { Answer } from '../../src/onnx/index.js';
import type { RuntimeTensor } from '../../src/runtime/index.js';
import {
  AnswerReader,
  type AnyTarget,
  chooseTargets,
  ScoredPass,
  type TargetContext,
} from '../../src/targets/index.js';

export const context: TargetContext = { size: [100, 200] };

/** A pass of which one output, and some others, are given. */
export function passOf(
  answer: Answer | undefined,
  shape: readonly number[],
  data: ArrayLike<number>,
  more: Record<string, RuntimeTensor> = {},
) {
  const scores = {
    ...{ graphOutput: 'y', output: 'y', logits: 'y', answer, activation: 'none' as const },
    ...{ guessed: false, scale: 1, onePerPass: false, remarks: [] },
  };
  const outputs = { y: { dtype: 'float32' as const, shape, data: Float32Array.from(data) }, ...more };
  return new ScoredPass(new AnswerReader(scores, Object.keys(more)), outputs, shape[0]);
}

/** The target of one picture. */
export const chosen = (pass: ScoredPass, target: AnyTarget, at = 0, of = context) =>
  chooseTargets([target], pass, at, of)[0];
