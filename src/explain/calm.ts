import { CamError } from '../errors.js';
import type { Model } from '../onnx/model.js';
import { inferShapes } from '../onnx/shapes.js';

/** Names of a CALM model's two outputs. */
export interface CalmOutputs {
  /** f `[n, C, h, w]` */
  readonly scores: string;
  /** a `[n, 1, h, w]` */
  readonly attention: string;
}

/**
 * The outputs f and a: as given, else by these names, else the only two outputs of such shapes.
 * @throws {CamError} `model` where the model has no such pair.
 */
export function findCalm(model: Model, given?: CalmOutputs): CalmOutputs {
  const shapes = inferShapes(model);
  const maps = model.graph.outputs.filter(({ name, shape }) => (shapes.get(name) ?? shape)?.length === 4);
  const channels = (name: string) => (shapes.get(name) ?? maps.find((map) => map.name === name)?.shape)?.[1];
  const outputs = maps.map(({ name }) => name);
  const pairs: readonly CalmOutputs[] = [
    ...(given ? [given] : [{ scores: 'f', attention: 'a' }, ...pairsByShape(outputs, channels)]),
  ];
  const found = pairs.find(
    ({ scores, attention }) =>
      outputs.includes(scores) &&
      outputs.includes(attention) &&
      channels(attention) === 1 &&
      channels(scores) !== 1,
  );
  if (found) return found;
  const got = model.graph.outputs.map(({ name }) => `"${name}" [${shapes.get(name)?.join(', ') ?? '?'}]`);
  throw new CamError(
    'model',
    `${model.name}: expected a CALM model's outputs f [n, C, h, w] and a [n, 1, h, w]${given ? ` ("${given.scores}" and "${given.attention}")` : ''}, got ${got.join(', ')}. Name them by the option calm.`,
  );
}

function pairsByShape(
  outputs: readonly string[],
  channels: (name: string) => number | string | undefined,
): readonly CalmOutputs[] {
  const attention = outputs.filter((name) => channels(name) === 1);
  const scores = outputs.filter((name) => channels(name) !== 1);
  return attention.length === 1 && scores.length === 1
    ? [{ scores: scores[0], attention: attention[0] }]
    : [];
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
