/** The tail: what the model computes from a layer to the class scores. Linear tails have closed forms. */

import { floatAttribute, intAttribute, intsAttribute, stringAttribute } from './attributes.js';
import type { GraphFacts } from './graph-facts.js';
import type { Classifier, Dim, Node, Scores, Shape, Tail, ValueInfo } from './model.js';
import { type QuantisedLinear, quantisedLinear } from './quantised-linear.js';
import { classesOf } from './score-shape.js';
import { isNumeric } from './tensor.js';
import { toFloat32, toNumbers } from './values.js';
import { between, type GraphIndex } from './walk.js';

/** What a tail is found from. */
interface TailFacts extends GraphFacts {
  readonly picture: ValueInfo;
  readonly scores: Scores;
}

/**
 * The tail from `layer` (a tensor's name) to the class scores: see `classifyTail`.
 * @throws {CamError} `model`, `target` when the model is no image classifier that can be read.
 */
export function findTail(known: TailFacts, layer: string): Tail {
  // A model whose picture cannot be read is refused first.
  void known.picture;
  const { index, shapes, batch, scores } = known;
  const nodes = between(index, layer, scores.logits);
  const span = { index, shapes, batch, layer, logits: scores.logits };
  const linear = recognise(dataPath(index, nodes, layer), span);
  return { kind: 'other', layer, ...scores, nodes, ...linear };
}

/** The part of the graph that is looked at: from the layer to the logits. */
interface TailSpan {
  readonly index: GraphIndex;
  readonly shapes: ReadonlyMap<string, Shape>;
  readonly batch: Dim;
  readonly layer: string;
  readonly logits: string;
}

/** The nodes that values pass through, without those that compute shapes only. */
function dataPath(index: GraphIndex, nodes: readonly Node[], layer: string): readonly Node[] {
  const reached = new Set([layer]);
  return nodes.filter((node) => {
    if (node.opType === 'Shape' || node.opType === 'Size') return false;
    const hit = [...index.reads(node)].some((name) => reached.has(name));
    if (hit) for (const output of node.outputs) reached.add(output);
    return hit;
  });
}

/** The kind of a chain of pooling, one linear layer and changes of axes; `undefined` for any other nodes. */
function recognise(path: readonly Node[], span: TailSpan): Pick<Tail, 'kind' | 'classifier'> | undefined {
  let tensor = span.layer;
  let pooled = false;
  let classifier: Classifier | undefined;
  let passed: ReadonlySet<Node> = new Set();
  for (const node of path) {
    if (passed.has(node)) continue;
    const rounded = quantisedLayer(node, tensor, pooled, span);
    if (rounded && !classifier) {
      ({ classifier, nodes: passed, output: tensor } = rounded);
      continue;
    }
    const [output] = node.outputs;
    if (node.domain !== '' || output === undefined || !node.inputs.includes(tensor)) return undefined;
    if (poolsWholeMap(node, tensor, span)) pooled = true;
    else if (
      !(
        keepsValues(node, span.index) ||
        (pooled && isRelabelling(node, tensor, output, span, classifier !== undefined))
      )
    ) {
      const next = classifier
        ? withBias(classifier, node, tensor, span)
        : linearLayer(node, tensor, pooled, span);
      if (!next) return undefined;
      classifier = next;
    }
    tensor = output;
  }
  if (tensor !== span.logits || !pooled) return undefined;
  return classifier ? { kind: 'gap-linear', classifier } : { kind: 'class-map' };
}

/** Whether a node leaves every value as it is. Dropout does, except in training mode with a ratio above 0. */
function keepsValues({ opType, inputs }: Node, index: GraphIndex): boolean {
  if (opType === 'Identity' || opType === 'Cast') return true;
  if (opType !== 'Dropout') return false;
  const [, ratio = '', training = ''] = inputs;
  const isZero = (tensor: string) => {
    const constant = index.constant(tensor);
    return constant !== undefined && isNumeric(constant.dtype) && toFloat32(constant)[0] === 0;
  };
  return training === '' || isZero(training) || isZero(ratio);
}

function poolsWholeMap(node: Node, tensor: string, { index, shapes }: TailSpan): boolean {
  if (node.opType === 'GlobalAveragePool') return true;
  const input = shapes.get(tensor);
  if (input?.length !== 4) return false;
  if (node.opType === 'ReduceMean') {
    const axes = intsAttribute(node, 'axes') ?? constantInts(index, node.inputs[1]);
    const spatial = axes?.map((axis) => (axis < 0 ? axis + 4 : axis)).sort();
    return spatial?.join() === '2,3';
  }
  if (node.opType !== 'AveragePool') return false;
  const kernel = intsAttribute(node, 'kernel_shape');
  const unpadded =
    (intsAttribute(node, 'pads') ?? []).every((n) => n === 0) &&
    !stringAttribute(node, 'auto_pad', 'NOTSET').startsWith('SAME');
  return unpadded && kernel?.length === 2 && kernel[0] === input[2] && kernel[1] === input[3];
}

/**
 * Whether a node only adds or removes axes of length 1.
 * @param scores  Whether the values are class scores already, which may lie along any axis.
 */
function isRelabelling(
  { opType }: Node,
  tensor: string,
  output: string,
  { shapes, batch }: TailSpan,
  scores: boolean,
): boolean {
  if (!['Flatten', 'Reshape', 'Squeeze', 'Unsqueeze'].includes(opType)) return false;
  const before = shapes.get(tensor);
  const after = shapes.get(output);
  if (!before || !after) return false;
  const classes = classesOf(before, batch);
  if (scores && classes !== undefined && classes === classesOf(after, batch)) return true;
  if (before.length < 2 || after.length < 2) return false;
  const rest = (shape: Shape) => shape.slice(1).filter((dim) => dim !== 1);
  const [channels] = rest(before);
  const [kept] = rest(after);
  return rest(before).length <= 1 && rest(after).length <= 1 && channels === kept && after[1] === before[1];
}

function linearLayer(
  node: Node,
  tensor: string,
  pooled: boolean,
  { index, shapes }: TailSpan,
): Classifier | undefined {
  const [data, weightName = '', biasName = ''] = node.inputs;
  const weight = constantWeight(index, weightName);
  if (data !== tensor || !weight) return undefined;
  const bias = biasName === '' ? {} : { bias: biasName };
  if (biasName !== '' && !index.constant(biasName)) return undefined;
  if (node.opType === 'Gemm' && pooled && intAttribute(node, 'transA', 0) === 0) {
    const columns = (intAttribute(node, 'transB', 0) === 1) !== weight.transposed;
    return {
      weight: weight.name,
      layout: columns ? 'CK' : 'KC',
      ...bias,
      alpha: floatAttribute(node, 'alpha', 1),
      beta: floatAttribute(node, 'beta', 1),
    };
  }
  if (node.opType === 'MatMul' && pooled && weight.rank === 2 && shapes.get(tensor)?.length === 2)
    return { weight: weight.name, layout: weight.transposed ? 'CK' : 'KC', alpha: 1, beta: 1 };
  if (node.opType === 'Conv' && weight.rank === 4 && isPointwise(node, shapes.get(weightName)))
    return { weight: weight.name, layout: 'CK', ...bias, alpha: 1, beta: 1 };
  return undefined;
}

/** A linear layer of integers, which begins with the rounding of its input. */
function quantisedLayer(
  node: Node,
  tensor: string,
  pooled: boolean,
  { index, shapes }: TailSpan,
): QuantisedLinear | undefined {
  if (node.opType !== 'DynamicQuantizeLinear' || node.domain !== '' || node.inputs[0] !== tensor)
    return undefined;
  const found = quantisedLinear(node, index);
  if (found?.classifier.layout === 'KC')
    return pooled && shapes.get(tensor)?.length === 2 ? found : undefined;
  const product = index.consumers(node.outputs[0] ?? '')[0];
  return product && isPointwise(product, shapes.get(product.inputs[1] ?? '')) ? found : undefined;
}

function isPointwise(node: Node, weight: Shape | undefined): boolean {
  const all = (name: string, value: number) => (intsAttribute(node, name) ?? []).every((n) => n === value);
  const kernel = weight?.[2] === 1 && weight[3] === 1;
  return kernel && intAttribute(node, 'group', 1) === 1 && all('strides', 1) && all('pads', 0);
}

/** A bias that is added by a node of its own. */
function withBias(
  classifier: Classifier,
  node: Node,
  tensor: string,
  { index }: TailSpan,
): Classifier | undefined {
  const given = node.inputs.find((input) => input !== tensor) ?? '';
  // The bias of a convolution is written as a Reshape of `[C]`.
  const maker = index.producer(given);
  const name = maker?.opType === 'Reshape' ? (maker.inputs[0] ?? '') : given;
  const bias = index.constant(name);
  const weight = index.constant(classifier.weight);
  const classes = classifier.layout === 'CK' ? weight?.dims[0] : weight?.dims[1];
  const size = bias?.dims.reduce((product, dim) => product * dim, 1);
  if (node.opType !== 'Add' || classifier.bias !== undefined || size !== classes) return undefined;
  return { ...classifier, bias: name };
}

/** A constant matrix, possibly through a Transpose. */
function constantWeight(
  index: GraphIndex,
  name: string,
): { readonly name: string; readonly rank: number; readonly transposed: boolean } | undefined {
  const tensor = index.constant(name);
  if (tensor) return { name, rank: tensor.dims.length, transposed: false };
  const node = index.producer(name);
  const source = node?.opType === 'Transpose' ? (node.inputs[0] ?? '') : '';
  if (index.constant(source)?.dims.length !== 2) return undefined;
  return { name: source, rank: 2, transposed: true };
}

function constantInts(index: GraphIndex, name: string | undefined): readonly number[] | undefined {
  const tensor = index.constant(name ?? '');
  return tensor && toNumbers(tensor);
}
