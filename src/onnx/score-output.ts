/** Which of a graph's outputs holds the class scores. */

import { CamError } from '../errors.js';
import { nearestNames } from '../names.js';
import { intAttribute } from './attributes.js';
import { formatShape } from './format-shape.js';
import type { GraphFacts } from './graph-facts.js';
import { scoresBefore } from './labelled.js';
import type { Dim, Model, Node, Shape } from './model.js';
import { forUsualPicture } from './picture.js';
import { normalisedBy, unwrapped } from './probability.js';
import { classesOf, hasPlaces } from './score-shape.js';
import { inferShapes } from './shapes.js';
import { between, descendants } from './walk.js';

export interface ChosenOutput {
  readonly output: string;
  /** Sentences to show, where there was a choice. */
  readonly remarks: readonly string[];
}

interface Candidate {
  readonly name: string;
  /** The tensor of scores that the output is computed from. */
  readonly tensor: string;
  /** Why it cannot be class scores. */
  readonly refused: string | undefined;
}

const LINEAR = new Set([
  'Gemm',
  'MatMul',
  'Conv',
  'MatMulInteger',
  'ConvInteger',
  'QLinearMatMul',
  'QLinearConv',
  'QGemm',
]);

/** Names of outputs of linear layers that are no class scores (embeddings, boxes), or that serve training. */
const OTHERWISE =
  /embed|feat(?!h)|hidden|latent|descriptor|bbox|boxes|coord|landmark|keypoint|offset|anchor|mask|aux|(^|[^a-z])(emb|loss)([^a-z]|$)/i;

/** Most outputs that are compared with one another. */
const MOST_HEADS = 32;

/** Operators of detectors. */
const DETECTING = /NonMaxSuppression|NMS/;

/**
 * The output that is explained: that of the options, else the first that can be class scores. Outputs with as
 * many classes as there are labels come first, then outputs of a normalisation or a linear layer that no
 * other output is computed from.
 * @throws {CamError} `target` where none can be; `option` for an output that the model does not have.
 */
export function chooseOutput(facts: GraphFacts): ChosenOutput {
  const { model } = facts;
  const { scoring = {} } = model;
  const candidates = candidatesOf(facts);
  if (scoring.output !== undefined) {
    const { output } = scoring;
    const { tensor } = scoresBefore(facts, output);
    const isOutput = model.graph.outputs.some(({ name }) => name === output);
    // A label and a map of probabilities may be computed from the same scores.
    const requested = isOutput ? candidates.find((one) => one.tensor === tensor) : undefined;
    if (!requested) throw unknownOutput(model, output);
    if (requested.refused && !scoring.positions && !isEmbedding(facts, requested.tensor))
      throw noScores(facts, [requested]);
    return { output, remarks: [] };
  }
  const fitting = candidates.filter(({ refused }) => !refused);
  if (fitting.length === 0) throw noScores(facts, candidates);
  const { labels } = scoring;
  const classes = ({ tensor }: Candidate) => classesOf(facts.shapes.get(tensor), facts.batch);
  const fits = (one: Candidate) => classes(one) === labels || (classes(one) === 1 && labels === 2);
  const isHead = (one: Candidate) =>
    !OTHERWISE.test(one.name) && !feedsAnother(facts, one, fitting) && endsInHead(facts, one.tensor);
  const groups = [
    labels === undefined ? [] : fitting.filter((one) => fits(one) && isHead(one)),
    labels === undefined ? [] : fitting.filter(fits),
    fitting.filter(isHead),
    fitting.filter((one) => !OTHERWISE.test(one.name) && !feedsAnother(facts, one, fitting)),
    fitting,
  ];
  const at = groups.findIndex((group) => group.length > 0);
  const [chosen] = groups[at];
  const others = candidates.filter(({ tensor }) => tensor !== chosen.tensor);
  if (others.length === 0) return { output: chosen.name, remarks: [] };
  const shown = ({ name, tensor }: Candidate) => `"${name}" ${formatShape(facts.shapes.get(tensor))}`;
  const why =
    at < 2 ? `it has as many classes as there are labels (${labels})` : 'the first that can be class scores';
  return {
    output: chosen.name,
    remarks: [
      `of ${candidates.length} outputs ${shown(chosen)} is explained: ${why}. The others: ${others.map(shown).join(', ')}. Choose by "output" (--output NAME).`,
    ],
  };
}

function candidatesOf(facts: GraphFacts): readonly Candidate[] {
  const { model } = facts;
  const detecting = facts.index.order
    .filter(({ opType }) => DETECTING.test(opType))
    .flatMap((node) => node.outputs);
  const detected = new Set(
    detecting.length > 0
      ? [...detecting, ...descendants(facts.index, detecting).flatMap((node) => node.outputs)]
      : [],
  );
  const seen = new Set<string>();
  return model.graph.outputs.flatMap((info): Candidate[] => {
    const { tensor } = scoresBefore(facts, info.name);
    if (seen.has(tensor)) return [];
    seen.add(tensor);
    const dtype = tensor === info.name ? info.dtype : model.graph.valueInfo.get(tensor)?.dtype;
    const refused = detected.has(tensor)
      ? 'from non-maximum suppression: a detector'
      : refusal(facts, tensor, dtype);
    return [{ name: info.name, tensor, refused }];
  });
}

function refusal(facts: GraphFacts, tensor: string, dtype: string | undefined): string | undefined {
  const { model, index, shapes } = facts;
  const shape = shapes.get(tensor);
  const node = index.producer(tensor);
  if (!node) return 'not made by the graph';
  if (dtype !== undefined && !dtype.startsWith('float')) return `of type ${dtype}`;
  if (hasPlaces(shape) || hasPlacesOfUsualPicture(model, tensor, shape)) return kindOfMap(shape?.length);
  if (isEmbedding(facts, tensor)) return 'scaled to length 1: an embedding';
  return index.producer(unwrapped(facts, tensor))?.opType === 'TopK'
    ? 'from TopK: the best few classes, not all'
    : undefined;
}

/** Longest side of a map of scores that a classifier leaves unpooled, for a picture of the usual size. */
const MOST_LEFT = 8;

/** Whether an output of a model for pictures of any size has positions for a picture of the usual size. */
function hasPlacesOfUsualPicture(model: Model, tensor: string, shape: Shape | undefined): boolean {
  if (!shape || shape.length < 3 || shape.slice(1).every((dim) => typeof dim === 'number')) return false;
  const usual = inferShapes(forUsualPicture(model)).get(tensor);
  const isLarge = (dim: Dim) => typeof dim === 'number' && dim > MOST_LEFT;
  return hasPlaces(usual) && (shape.length === 3 || usual?.slice(2).some(isLarge) === true);
}

const kindOfMap = (rank: number | undefined): string =>
  rank === 4
    ? 'a map with positions: segmentation?'
    : rank === 3
      ? 'a list: detection, tokens?'
      : 'of too many axes';

/** Operators between a vector and its norm. */
const lengthening = new Set([
  'Expand',
  'Clip',
  'Max',
  'Add',
  'Unsqueeze',
  'Reshape',
  'Identity',
  'Cast',
  'Sqrt',
  'Pow',
]);

/** Whether a tensor is divided by its own Euclidean norm. */
export function isEmbedding(facts: GraphFacts, tensor: string): boolean {
  const { index } = facts;
  const node = index.producer(unwrapped(facts, tensor));
  if (node?.opType === 'LpNormalization') return intAttribute(node, 'p', 2) === 2;
  if (node?.opType !== 'Div') return false;
  let length = index.producer(node.inputs[1] ?? '');
  let hasRoot = false;
  for (let step = 0; step < 8 && length && lengthening.has(length.opType); step++) {
    hasRoot ||= length.opType === 'Sqrt' || length.opType === 'Pow';
    length = index.producer(length.inputs[0] ?? '');
  }
  return length?.opType === 'ReduceL2' || (hasRoot && /^ReduceSum(Square)?$/.test(length?.opType ?? ''));
}

/** Operators that may follow the linear layer of a head. */
const ending = new Set([
  'Add',
  'Mul',
  'Div',
  'DequantizeLinear',
  'QuantizeLinear',
  'GlobalAveragePool',
  'AveragePool',
  'ReduceMean',
]);

/** Whether a tensor is the output of a normalisation or a linear layer. */
function endsInHead(facts: GraphFacts, tensor: string): boolean {
  if (normalisedBy(facts, tensor)) return true;
  let node = facts.index.producer(unwrapped(facts, tensor));
  for (let step = 0; step < 8 && node && ending.has(node.opType); step++) {
    const [data] = node.inputs.filter((name) => !facts.index.constant(name));
    node = facts.index.producer(unwrapped(facts, data ?? ''));
  }
  return node !== undefined && LINEAR.has(node.opType);
}

/** Whether another output is computed from this one by a linear layer: then this one is a feature. */
function feedsAnother({ index }: GraphFacts, own: Candidate, all: readonly Candidate[]): boolean {
  // Each pair takes a pass over the graph.
  if (all.length > MOST_HEADS) return false;
  return all.some(
    (other) =>
      other !== own && between(index, own.tensor, other.tensor).some((node: Node) => LINEAR.has(node.opType)),
  );
}

/** The error of an output that the model does not have. */
export function unknownOutput(model: Model, name: string): CamError {
  const names = model.graph.outputs.map((output) => output.name);
  const nearest = nearestNames(name, names).map((one) => `"${one}"`);
  return new CamError(
    'option',
    `output "${name}": ${model.name} has no such output. It has ${nearest.join(', ') || 'none'}.`,
  );
}

function noScores(facts: GraphFacts, refused: readonly Candidate[]): CamError {
  const { model, shapes } = facts;
  const got = refused
    .map(({ name, tensor, refused: why }) => `"${name}" ${formatShape(shapes.get(tensor))} (${why})`)
    .join(', ');
  return new CamError(
    'target',
    `${model.name}: expected an output with class scores [n, C], got ${got || 'no output'}. ${others(facts, refused)}`,
  );
}

/** Targets that the outputs can answer in place of a class. */
function others(facts: GraphFacts, refused: readonly Candidate[]): string {
  const asks = refused.flatMap(({ tensor, refused: why }) => {
    const shape = facts.shapes.get(tensor);
    if (why?.startsWith('from non-maximum')) return [];
    if (shape?.length === 4) return ['pixels:CLASS (segmentation)'];
    if (shape?.length === 3) return ['box:0 (detection)'];
    return isEmbedding(facts, tensor) ? ['like:FILE (an embedding)'] : [];
  });
  const fitting = [...new Set(asks)];
  return fitting.length > 0
    ? `Ask for another target: --target ${fitting.join(' or ')}; in code createExplainer(model, { target }).`
    : 'Name an output by "output" (--output NAME), or ask for one of its numbers by --target value.';
}
