import { hostFloats, imageOf, type Outputs } from '../runtime/index.js';
import type { ScoreReader } from './score-reader.js';

/** What the model said of the pictures of one pass; read when it is asked for, and once. */
export class ScoredPass {
  private scoreRows: readonly Float32Array[] | undefined;
  private explainedRows: readonly Float32Array[] | undefined;
  private readonly chances: Float64Array[] = [];

  constructor(
    readonly reader: ScoreReader,
    private readonly outputs: Outputs,
    private readonly batch: number,
  ) {}

  /** The model's scores of one picture, `[C]`. */
  scores(at: number): Float32Array {
    this.scoreRows ??= this.reader.rows(this.outputs, this.batch);
    return this.scoreRows[at];
  }

  /** What is explained of one picture: the logits, or the model's own output, `[C]`. */
  explained(at: number): Float32Array {
    this.explainedRows ??= this.reader.explainedRows(this.outputs, this.batch);
    return this.explainedRows[at];
  }

  /** The shape of what is explained, all pictures together. */
  get explainedShape(): readonly number[] {
    return this.outputs[this.reader.explained].shape;
  }

  /** One picture's part of an output, and its shape without the axis of pictures. */
  tensor(name: string, at: number): { readonly data: Float32Array; readonly shape: readonly number[] } {
    const output = this.outputs[name];
    const data = imageOf(hostFloats(output, `output "${name}"`), at, this.batch);
    const shape = output.shape[0] === this.batch ? output.shape.slice(1) : output.shape;
    return { data, shape };
  }

  /** Of one picture, `[C]`, 0..1. @throws {CamError} `option` where values are no probabilities. */
  probabilities(at: number): Float64Array {
    this.chances[at] ??= this.reader.probabilities(this.scores(at));
    return this.chances[at];
  }
}
