import { CamError } from '../errors.js';
import type { Activation, Scores } from '../onnx/model.js';
import { floats, imageOf, isDeviceTensor, type Outputs } from '../runtime/index.js';
import { probabilities } from './probabilities.js';

/** How far from 1 the sum of probabilities may be. */
const SUM_ERROR = 1e-4;

/** How far beyond 0 and 1 rounding takes probabilities. */
const ROUNDING = 1e-3;

/** Reads a model's outputs as what its scores mean, one column per class whatever the model has. */
export class ScoreReader {
  /** The tensor that is explained. */
  readonly explained: string;
  /** The tensors that are needed of a pass: the scores, and what is explained. */
  readonly tensors: readonly string[];
  /** Pictures that one pass may take. */
  readonly most: number;
  /** False once an image's values were no probabilities. */
  private probable = true;
  /** The error of an output that is seen to hold no class scores: that of every image. */
  refusal: CamError | undefined;
  /** Columns of the model's output, once it was seen. */
  private seenColumns: number | undefined;

  /** @param score  What is explained: the scores before a final normalisation, or the model's own output. */
  constructor(
    readonly scores: Scores,
    score: 'logit' | 'probability',
  ) {
    this.explained = score === 'logit' ? scores.logits : scores.output;
    this.tensors = [...new Set([scores.output, this.explained])];
    this.most = scores.onePerPass ? 1 : Number.POSITIVE_INFINITY;
  }

  /** What makes probabilities of the model's output, by all that was seen so far. */
  get activation(): Activation {
    const { activation, guessed } = this.scores;
    if (!guessed) return activation;
    if (this.seenColumns === 1) return 'sigmoid';
    return this.seenColumns !== undefined && this.probable ? 'none' : activation;
  }

  /**
   * The model's scores of each image: of one logit z `[-z, z]`, of one probability p `[1 - p, p]`, else as
   * the model gives them.
   * @throws {CamError} `target` where the output holds no class scores.
   */
  rows(outputs: Outputs, batch: number): readonly Float32Array[] {
    const { scale } = this.scores;
    const rows = this.rowsOf(outputs, this.scores.output, batch);
    this.seenColumns = rows[0].length;
    this.probable &&= rows.every((row) => isDistribution(row) || !row.every(Number.isFinite));
    if (this.seenColumns !== 1) return rows;
    const first = (value: number) => (this.activation === 'none' ? scale - value : -value);
    return rows.map(([value]) => Float32Array.of(first(value), value));
  }

  /**
   * Probabilities of the classes of one image.
   * @param row  As `rows` gives it.
   * @throws {CamError} `option` where the values are said to be probabilities and are none.
   */
  probabilities(row: Float32Array): Float64Array {
    const { scale, guessed, normalisation, output } = this.scores;
    const { activation } = this;
    if (activation !== 'none') return probabilities(row, activation);
    const found = Float64Array.from(row, (value) => value / scale);
    if (guessed || normalisation) return found;
    const bad = found.find((value) => !(value >= -ROUNDING && value <= 1 + ROUNDING));
    if (bad === undefined || Number.isNaN(bad)) return found;
    throw new CamError(
      'option',
      `output "${output}": expected probabilities, 0 to 1 (activation none), got ${bad}. Choose the activation softmax or sigmoid.`,
    );
  }

  /**
   * The scores `[n, C]`, each image's as a row; ones besides count as such, and so do `[n]` and, of one
   * image, `[C]`.
   * @throws {CamError} `target` for another shape, or `model` where images alone may fit.
   */
  private rowsOf(outputs: Outputs, name: string, batch: number): Float32Array[] {
    const output = outputs[name];
    const { shape } = output;
    const hasRows = shape[0] === batch;
    const classes = (hasRows ? shape.slice(1) : shape).filter((length) => length !== 1);
    const isOne = batch === 1 && shape.length <= 1;
    if (isDeviceTensor(output) || classes.length > 1 || !(hasRows || isOne)) {
      const text = `output "${name}": expected class scores [${batch}, C], got [${shape.join(', ')}]. Ask for another target, or choose another output by "output" (--output NAME).`;
      if (batch > 1 && !hasRows) throw new CamError('model', text);
      this.refusal = new CamError('target', text);
      throw this.refusal;
    }
    const values = floats(output, `output "${name}"`);
    return Array.from({ length: batch }, (_, at) => imageOf(values, at, batch).slice());
  }

  /** What is explained of each image, one column per class. */
  explainedRows(outputs: Outputs, batch: number): readonly Float32Array[] {
    if (this.explained === this.scores.output) return this.rows(outputs, batch);
    const rows = this.rowsOf(outputs, this.explained, batch);
    const signs = rows[0].length === 1 ? this.signsOf(2) : undefined;
    return signs ? rows.map(([value]) => Float32Array.from(signs, (sign) => sign * value)) : rows;
  }

  /** Weights of the classes, `[C]`, as weights of the columns of the tensor that is explained. */
  columns(classes: Float32Array): Float32Array {
    const signs = this.signsOf(classes.length);
    return signs ? Float32Array.of(signs.reduce((sum, sign, c) => sum + sign * classes[c], 0)) : classes;
  }

  /** Of one column for two classes, how the classes lie in it. */
  private signsOf(classes: number): readonly [number, number] | undefined {
    const { signs, output } = this.scores;
    if (classes !== 2) return undefined;
    if (this.explained !== output && signs) return signs;
    return this.seenColumns === 1 ? [-1, 1] : undefined;
  }
}

/** In 0..1, with a sum of 1. */
function isDistribution(row: Float32Array): boolean {
  let sum = 0;
  for (const value of row) {
    if (!(value >= 0 && value <= 1)) return false;
    sum += value;
  }
  return Math.abs(sum - 1) <= SUM_ERROR;
}
