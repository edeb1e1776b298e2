/** Which tensors are feature maps, and which of them is the target layer. */

import { CamError } from '../errors.js';
import { nearestNames } from '../names.js';
import { type FeatureMap, NCHW } from './feature-map.js';
import { formatShape } from './format-shape.js';
import type { GraphFacts } from './graph-facts.js';
import { givesIntegers, holdsIntegers } from './integers.js';
import { layoutOf, layoutText, mapShape } from './layouts.js';
import type { Model, Node, Scores, Shape } from './model.js';
import type { PictureInput } from './picture.js';
import { beforePrelude } from './pooling-prelude.js';
import { ofSingleTokens, TransformerLayers } from './transformer-layers.js';
import { ancestors, between, type GraphIndex } from './walk.js';

/** Operators whose rank-4 output is `[n, C, h, w]` by definition, whatever went before. */
const alwaysMaps = new Set(
  `Conv ConvInteger QLinearConv ConvTranspose MaxPool AveragePool LpPool BatchNormalization InstanceNormalization GroupNormalization LRN
  DepthToSpace SpaceToDepth`.split(/\s+/),
);

/** Operators that mix or move axes: their output of rank 4 need not be a feature map. */
const neverMaps = new Set(
  'MatMul MatMulInteger Gemm Einsum Gather GatherND Flatten Squeeze Unsqueeze If Loop Scan Shape'.split(' '),
);

const IN_FLOAT = 'Take the float model, or quantise it in QDQ form (quant_format=QuantFormat.QDQ).';

/** Operators without weights in front of a classifier: the feature map before them is chosen. */
const skipped = new Set('MaxPool AveragePool QLinearAveragePool LpPool Dropout Identity Cast Pad'.split(' '));

/** Most linear layers of a classifier's head; a network with more works on tokens. */
const MAX_LINEAR_IN_TAIL = 8;

/** What the target layer is chosen from. */
interface LayerFacts extends GraphFacts {
  readonly picture: PictureInput;
  readonly scores: Scores;
  readonly featureMaps: readonly FeatureMap[];
}

/** The feature maps between the picture and the given tensors, in graph order. */
export function featureMapsBefore(
  { model, index, shapes, picture }: GraphFacts & { readonly picture: PictureInput },
  tensors: readonly string[],
): readonly FeatureMap[] {
  const outputs = new Set(model.graph.outputs.map(({ name }) => name));
  const maps = new Set(picture.channelsLast ? [] : [picture.name]);
  const layers: FeatureMap[] = [];
  const spatial: FeatureMap[] = [];
  const integers = new Set<string>();
  const others = new TransformerLayers({ model, index, shapes });
  for (const node of ancestors(index, tensors)) {
    const [name = ''] = node.outputs;
    const shape = shapes.get(name);
    if (givesIntegers(node, index, (tensor) => integers.has(tensor))) integers.add(name);
    if (!shape) continue;
    const { opType } = node;
    const found = { name, opType, shape, isOutput: outputs.has(name) };
    if (shape.length === 4 && keepsMaps(node, maps, index)) {
      maps.add(name);
      if (!hasExtent(shape) || integers.has(name)) continue;
      layers.push({ ...found, layout: NCHW });
      spatial.push({ ...found, layout: NCHW });
      continue;
    }
    const layout = others.layoutOf(node, spatial);
    if (layout && hasExtent(mapShape({ shape, layout }))) layers.push({ ...found, layout });
  }
  return layers;
}

function keepsMaps(node: Node, maps: ReadonlySet<string>, index: GraphIndex): boolean {
  if (node.domain === '' && alwaysMaps.has(node.opType)) return true;
  if (node.opType === 'Transpose' || node.opType === 'Reshape') return feedsPooling(node, index);
  if (neverMaps.has(node.opType) || node.opType.startsWith('Reduce')) return false;
  return node.inputs.some((input) => maps.has(input));
}

/** What global pooling reads is `[n, K, h, w]`, whatever it was before. */
const feedsPooling = ({ outputs: [name = ''] }: Node, index: GraphIndex): boolean =>
  index.consumers(name).some(({ opType }) => opType === 'GlobalAveragePool' || opType === 'GlobalMaxPool');

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
  const { model, index, shapes, scores, featureMaps: layers } = known;
  const single = layers.some(({ layout }) => layout.kind !== 'nchw')
    ? ofSingleTokens(ancestors(index, scores.logits), known)
    : new Set<string>();
  const last = layers.findLast(({ name }) => !single.has(name));
  if (!last) throw withoutMaps(model, index);
  const byName = new Map(layers.map((layer) => [layer.name, layer]));
  const isLayer = (name: string) => byName.get(name)?.layout.kind === 'nchw';
  let chosen = last;
  for (;;) {
    const relabelled = index.producer(chosen.name);
    const from = relabelled?.opType === 'Reshape' ? (relabelled.inputs[0] ?? '') : '';
    const name =
      beforeSkipped(index, chosen.name, (tensor) => byName.has(tensor)) ??
      (isLayer(from) ? from : beforePrelude(known, chosen.name, isLayer));
    const before = name === chosen.name ? undefined : byName.get(name);
    if (!before) break;
    chosen = before;
  }
  const tail = between(index, chosen.name, scores.logits);
  const integers = tail.find(
    ({ opType, outputs: [name = ''] }) =>
      (opType === 'QLinearConv' || opType === 'ConvInteger') && hasExtent(shapes.get(name) ?? []),
  );
  if (integers)
    throw noLayer(
      model,
      `after the last one in floating point, "${chosen.name}", the model computes with integers (${integers.opType})`,
      IN_FLOAT,
    );
  if (chosen.layout.kind === 'nchw' && worksOnTokens(tail, index))
    throw noLayer(
      model,
      `after the last one, "${chosen.name}", come ${tail.length} nodes that work on tokens (a transformer?)`,
      'None of its norms and sums is a grid of tokens that is known: export it for pictures of one size, or name a layer.',
    );
  const skippedText = chosen === last ? '' : `, before pooling ("${last.name}")`;
  const layer = `"${chosen.name}" (${chosen.opType} ${[formatShape(chosen.shape), layoutText(chosen.layout)].filter(Boolean).join(', ')})`;
  const reason =
    single.size > 0
      ? `${layer} is the last layer from which more than the class token reaches the scores.`
      : `${layer} is the last feature map that ${scores.answer ? 'the output is computed from' : 'the classifier consumes'}${skippedText}.`;
  return { ...chosen, reason };
}

/** The layer before operators that are skipped, quantised ones included; `undefined` where there are none. */
function beforeSkipped(
  index: GraphIndex,
  tensor: string,
  isLayer: (tensor: string) => boolean,
): string | undefined {
  let isSkipped = false;
  let name = tensor;
  for (let node = index.producer(name); node; node = index.producer(name)) {
    if (skipped.has(node.opType)) isSkipped = true;
    else if (node.opType !== 'QuantizeLinear' && node.opType !== 'DequantizeLinear') break;
    name = node.inputs[0] ?? '';
    if (isSkipped && isLayer(name)) return name;
  }
  return undefined;
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
    ? noLayer(
        model,
        `${why} (a transformer?)`,
        'Its tokens need a grid that is known: export it for pictures of one size.',
      )
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
 *   tensor without spatial extent, of tokens without a grid, or of integers; `target`, `model` as
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
  const before = featureMapsBefore(known, [name]);
  const layout = layoutOf(
    known,
    name,
    before.filter((map) => map.layout.kind === 'nchw'),
  );
  if (!layout && shape?.length === 3)
    throw refuse(
      'tokens [n, prefix + h·w, K] of a known grid, or spatial extent [n, K, h, w]',
      `${formatShape(shape)}, which is not the grid of the layers in front of it`,
    );
  if (!layout && shape?.length === 4)
    throw refuse(
      'spatial extent: [n, K, h, w], or [n, h, w, K] on the grid of the layers in front of it',
      formatShape(shape),
    );
  const found = layout && {
    name,
    opType: node.opType,
    shape: shape ?? [undefined, undefined, undefined, undefined],
    isOutput: model.graph.outputs.some((output) => output.name === name),
    layout,
    reason,
  };
  if (!found || !hasExtent(mapShape(found))) throw refuse('spatial extent [n, K, h, w]', formatShape(shape));
  if (holdsIntegers(index, name))
    throw refuse('floating point values', `integers (${node.opType})`, IN_FLOAT);
  return found;
}

function missing(model: Model, name: string): string {
  const node = name === '' ? undefined : model.graph.nodes.find((candidate) => candidate.name === name);
  if (node) return `the model has a node of that name, but no tensor. The node makes "${node.outputs[0]}".`;
  if (model.graph.inputs.some((input) => input.name === name))
    return 'that is the picture itself, not a layer.';
  return 'the model has no such tensor.';
}
