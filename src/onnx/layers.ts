/** Which tensors are feature maps, and which of them is the target layer. */

import { CamError } from '../errors.js';
import { nearestNames } from '../names.js';
import { channelsLast } from './channels-last.js';
import { type FeatureMap, NCHW } from './feature-map.js';
import { formatShape } from './format-shape.js';
import type { GraphFacts } from './graph-facts.js';
import type { Model, Node, Scores, Shape, ValueInfo } from './model.js';
import { ancestors, between, type GraphIndex } from './walk.js';

/** Operators whose rank-4 output is `[n, C, h, w]` by definition, whatever went before. */
const alwaysMaps = new Set(
  `Conv ConvInteger QLinearConv ConvTranspose MaxPool AveragePool LpPool BatchNormalization InstanceNormalization GroupNormalization LRN
  DepthToSpace SpaceToDepth`.split(/\s+/),
);

/** Operators that mix or move axes: their output of rank 4 need not be a feature map. */
const neverMaps = new Set(
  'Reshape Transpose MatMul Gemm Einsum Gather GatherND Flatten Squeeze Unsqueeze If Loop Scan Shape'.split(
    ' ',
  ),
);

/** Operators with integer outputs: feature maps pass through them, but their outputs cannot be explained. */
const integerOperators = new Set(['QuantizeLinear', 'DynamicQuantizeLinear', 'QLinearConv', 'ConvInteger']);

/** Whether a node's output is integers, or integers that were cast. */
function givesIntegers(node: Node, index: GraphIndex): boolean {
  const { opType, inputs } = node;
  if (integerOperators.has(opType) || opType.startsWith('QLinear') || opType.endsWith('Integer')) return true;
  const maker = opType === 'Cast' ? index.producer(inputs[0] ?? '') : undefined;
  return maker?.opType === 'ConvInteger' || maker?.opType === 'MatMulInteger';
}

const IN_FLOAT = 'Take the float model, or quantise it in QDQ form (quant_format=QuantFormat.QDQ).';

/** Operators without weights in front of a classifier: the feature map before them is chosen. */
const skipped = new Set(['MaxPool', 'AveragePool', 'LpPool', 'Dropout', 'Identity', 'Cast', 'Pad']);

/** Most linear layers of a classifier's head; a network with more works on tokens. */
const MAX_LINEAR_IN_TAIL = 8;

/** What the target layer is chosen from. */
interface LayerFacts extends GraphFacts {
  readonly scores: Scores;
  readonly featureMaps: readonly FeatureMap[];
}

/** The feature maps between the picture and the given tensors, in graph order. */
export function featureMapsBefore(
  { model, index, shapes, picture }: GraphFacts & { readonly picture: ValueInfo },
  tensors: readonly string[],
): readonly FeatureMap[] {
  const outputs = new Set(model.graph.outputs.map(({ name }) => name));
  const maps = new Set([picture.name]);
  const layers: FeatureMap[] = [];
  for (const node of ancestors(index, tensors)) {
    const [name = ''] = node.outputs;
    const shape = shapes.get(name);
    if (shape?.length !== 4 || !keepsMaps(node, maps)) continue;
    maps.add(name);
    if (hasExtent(shape) && !givesIntegers(node, index))
      layers.push({ name, opType: node.opType, shape, isOutput: outputs.has(name), layout: NCHW });
  }
  return layers;
}

function keepsMaps(node: Node, maps: ReadonlySet<string>): boolean {
  if (node.domain === '' && alwaysMaps.has(node.opType)) return true;
  if (neverMaps.has(node.opType) || node.opType.startsWith('Reduce')) return false;
  return node.inputs.some((input) => maps.has(input));
}

/** Whether a shape has more than one position, or an unknown number. */
function hasExtent(shape: Shape): boolean {
  return !(shape[2] === 1 && shape[3] === 1);
}

/**
 * The last feature map that the classifier consumes, before pooling: see `targetLayer`.
 * @throws {CamError} `target` for a model without class scores; `model` for a picture that cannot be read;
 *   `layer` when the classifier consumes no feature map (transformers).
 */
export function chooseTargetLayer(known: LayerFacts): FeatureMap & { readonly reason: string } {
  const { model, index, scores, featureMaps: layers } = known;
  const last = layers.at(-1);
  if (!last) throw withoutMaps(model, index);
  const byName = new Map(layers.map((layer) => [layer.name, layer]));
  let chosen = last;
  for (let node = index.producer(chosen.name); node && skipped.has(node.opType); ) {
    const before = byName.get(node.inputs[0] ?? '');
    if (!before) break;
    chosen = before;
    node = index.producer(chosen.name);
  }
  const tail = between(index, chosen.name, scores.logits);
  const integers = tail.find(({ opType }) => opType === 'QLinearConv' || opType === 'ConvInteger');
  if (integers)
    throw noLayer(
      model,
      `after the last one in floating point, "${chosen.name}", the model computes with integers (${integers.opType})`,
      IN_FLOAT,
    );
  if (worksOnTokens(tail, index))
    throw noLayer(
      model,
      `after the last one, "${chosen.name}", come ${tail.length} nodes that work on tokens (a transformer?)`,
      'Transformers cannot be explained yet, unless a tensor of theirs is such a map: name it as the layer.',
    );
  const skippedText = chosen === last ? '' : `, before pooling ("${last.name}")`;
  return {
    ...chosen,
    reason: `"${chosen.name}" (${chosen.opType} ${formatShape(chosen.shape)}) is the last feature map that the classifier consumes${skippedText}.`,
  };
}

/** Whether nodes have attention (a softmax, and products of two computed tensors) or many linear layers. */
function worksOnTokens(tail: readonly Node[], index: GraphIndex): boolean {
  const products = tail.filter(({ opType }) => ['MatMul', 'Gemm', 'Einsum'].includes(opType));
  const computed = products.filter(({ inputs }) => !inputs.slice(0, 2).some((name) => index.constant(name)));
  const attends = computed.length > 1 && tail.some(({ opType }) => opType === 'Softmax');
  return (
    attends || products.length > MAX_LINEAR_IN_TAIL || tail.some(({ opType }) => opType.endsWith('Attention'))
  );
}

function withoutMaps(model: Model, index: GraphIndex): CamError {
  const quantiser = model.graph.nodes.find((node) => node.opType.startsWith('QLinear'));
  if (quantiser)
    return noLayer(model, `its layers are integers (QOperator form: ${quantiser.opType})`, IN_FLOAT);
  const attends = worksOnTokens(index.order, index);
  const why = 'no tensor with a known shape is one of more than one position';
  return attends
    ? noLayer(model, `${why} (a transformer?)`, 'Transformers cannot be explained yet.')
    : noLayer(model, why, 'If a tensor of another shape or none is one, name it as the layer.');
}

function noLayer(model: Model, why: string, advice: string): CamError {
  return new CamError(
    'layer',
    `${model.name}: expected a feature map [n, K, h, w] before the classifier, got none: ${why}. ${advice}`,
  );
}

/**
 * The feature map of a given name: see `resolveLayer`.
 * @throws {CamError} `layer` for a name that the model does not have (the nearest are offered), and for a
 *   tensor without spatial extent, of integers, or with channels last; `target`, `model` as
 *   `chooseTargetLayer`.
 */
export function findFeatureMap(known: LayerFacts, name: string): FeatureMap & { readonly reason: string } {
  const reason = 'as asked';
  // A model without class scores is refused first.
  void known.scores;
  const { model, index, shapes, featureMaps: layers } = known;
  const layer = layers.find((candidate) => candidate.name === name);
  if (layer) return { ...layer, reason };
  const suggest = () =>
    nearestNames(
      name,
      layers.map((candidate) => candidate.name),
    )
      .map((n) => `"${n}"`)
      .join(', ');
  const node = index.producer(name);
  if (!node)
    throw new CamError('layer', `layer "${name}": ${missing(model, name)} Nearest tensors: ${suggest()}.`);
  const shape = shapes.get(name);
  const refuse = (expected: string, got: string, advice = `Nearest tensors: ${suggest()}.`) =>
    new CamError('layer', `layer "${name}": expected ${expected}, got ${got}. ${advice}`);
  if (shape && (shape.length !== 4 || !hasExtent(shape)))
    throw refuse(
      'spatial extent [n, K, h, w]',
      `${formatShape(shape)}${shape.length === 3 ? ' (tokens?)' : ''}`,
    );
  if (givesIntegers(node, index))
    throw refuse('floating point values', `integers (${node.opType})`, IN_FLOAT);
  const last = channelsLast(index, shapes, name);
  if (last)
    throw refuse(
      'channels before height and width [n, K, h, w]',
      `${formatShape(shape)} with channels last (${last})`,
      'Name a tensor with channels first, such as the result of a Transpose of it.',
    );
  const isOutput = model.graph.outputs.some((output) => output.name === name);
  return {
    name,
    opType: node.opType,
    shape: shape ?? [undefined, undefined, undefined, undefined],
    isOutput,
    layout: NCHW,
    reason,
  };
}

function missing(model: Model, name: string): string {
  const node = name === '' ? undefined : model.graph.nodes.find((candidate) => candidate.name === name);
  if (node) return `the model has a node of that name, but no tensor. The node makes "${node.outputs[0]}".`;
  if (model.graph.inputs.some((input) => input.name === name))
    return 'that is the picture itself, not a layer.';
  return 'the model has no such tensor.';
}
