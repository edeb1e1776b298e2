import type { AnyMethod } from '../../methods/method.js';
import { takes } from '../../methods/takes.js';
import type { Scores } from '../../onnx/model.js';
import type { Network } from '../../onnx/network.js';
import { floats, imageOf, isDeviceTensor, type Outputs } from '../../runtime/index.js';
import { AnswerReader, ScoreReader } from '../../targets/index.js';
import type { CalmOutputs } from '../options.js';
import { findCalm } from './calm.js';

/** The class scores of a CALM model that gives f and a alone: p(c|x), which it makes of them. */
class CalmScores extends ScoreReader {
  override readonly tensors: readonly string[];

  constructor(scores: Scores, score: 'logit' | 'probability', { scores: f, attention: a }: CalmOutputs) {
    super(scores, score);
    this.tensors = [f, a];
  }

  override rows(outputs: Outputs, batch: number): readonly Float32Array[] {
    const [f, a] = this.tensors.map((name) => {
      const output = outputs[name];
      if (isDeviceTensor(output)) throw new Error(`${name}: expected an output on the host.`);
      return floats(output, `output "${name}"`);
    });
    return Array.from({ length: batch }, (_, at) =>
      calmProbabilities(imageOf(f, at, batch), imageOf(a, at, batch)),
    );
  }

  override probabilities(row: Float32Array): Float64Array {
    return Float64Array.from(row);
  }
}

/**
 * What the model's scores mean; p(c|x) where CALM is asked for and the model has no other scores.
 * @param others  Further tensors that targets look at.
 */
export function scoreReader(
  network: Network,
  methods: readonly AnyMethod[],
  { score = 'logit', calm: given }: { readonly score?: 'logit' | 'probability'; readonly calm?: CalmOutputs },
  others: readonly string[] = [],
): ScoreReader {
  const { scores } = network;
  if (scores.answer) return new AnswerReader(scores, others);
  if (!network.model.scoring?.positions || !methods.some((method) => takes(method, 'positionScores')))
    return new ScoreReader(scores, score);
  return new CalmScores(scores, score, findCalm(network, given));
}

/** `p(c|x) = Σ_z softmax_c(f[c, z]) · softplus(a[z]) / Σ softplus(a)` of one image: f `[C, p]`, a `[p]`. */
export function calmProbabilities(f: Float32Array, a: Float32Array): Float32Array {
  const classes = f.length / a.length;
  const attention = Float64Array.from(a, (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))));
  const total = attention.reduce((x, y) => x + y, 0);
  const probabilities = new Float64Array(classes);
  attention.forEach((weight, z) => {
    const scores = Float64Array.from(probabilities, (_, c) => f[c * a.length + z]);
    const largest = scores.reduce((x, y) => Math.max(x, y), Number.NEGATIVE_INFINITY);
    const powers = scores.map((score) => Math.exp(score - largest));
    const sum = powers.reduce((x, y) => x + y, 0);
    powers.forEach((power, c) => {
      probabilities[c] += ((power / sum) * weight) / total;
    });
  });
  return Float32Array.from(probabilities);
}
