import { CamError } from '../errors.js';
import type { Scores } from '../onnx/model.js';
import { hostFloats, imageOf, type Output, type Outputs } from '../runtime/index.js';
import { ScoreReader } from './score-reader.js';

/** Reads an output that holds no class scores: its numbers as they are, one row per picture. */
export class AnswerReader extends ScoreReader {
  override readonly tensors: readonly string[];

  /** @param others  Further outputs that targets look at, such as the boxes beside the logits. */
  constructor(scores: Scores, others: readonly string[] = []) {
    super(scores, 'probability');
    this.tensors = [...new Set([scores.output, ...others])];
  }

  override rows(outputs: Outputs, batch: number): readonly Float32Array[] {
    const name = this.scores.output;
    const output = outputs[name];
    this.expectRows(output, batch);
    const values = hostFloats(output, `output "${name}"`);
    return Array.from({ length: batch }, (_, at) => imageOf(values, at, batch));
  }

  override explainedRows(outputs: Outputs, batch: number): readonly Float32Array[] {
    return this.rows(outputs, batch);
  }

  override probabilities(): Float64Array {
    return new Float64Array(0);
  }

  override columns(cotangent: Float32Array): Float32Array {
    return cotangent;
  }

  /** @throws {CamError} `target` for an output that has no row for each picture. */
  private expectRows({ shape }: Output, batch: number): void {
    if (shape[0] === batch || batch === 1) return;
    this.refusal = new CamError(
      'target',
      `output "${this.scores.graphOutput}": expected a row for each of ${batch} pictures, got [${shape.join(', ')}]. Explain one picture at a time (batch: 1, --batch 1), or export the model with a free batch.`,
    );
    throw this.refusal;
  }
}
