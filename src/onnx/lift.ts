/**
 * Raises models of opset 7 to 16 to opset 17, operator by operator: only what changed its form or its
 * meaning.
 */

import { CamError } from '../errors.js';
import { floatAttribute, intAttribute, intsAttribute, stringAttribute } from './attributes.js';
import { extendModel } from './expose.js';
import type { Attribute, ConstantTensor, Graph, Model, Node, Shape, TensorValues } from './model.js';
import { usesOnlySinglePrecision } from './precision.js';
import { inferTensors, type StaticTensors } from './shapes.js';
import { constantTensor } from './values.js';
import { type GraphParts, makeNode, writeModel } from './write.js';

/** The opset that older models are raised to. */
export const LIFTED_OPSET = 17;
/** The IR version that came with it. */
const LIFTED_IR = 8;

/**
 * The model with more nodes, initialisers, inputs and outputs, which may use operators of opset 17; a model
 * that is older is raised to it. One that is not stays byte for byte, but for what is added.
 *
 * @throws {CamError} `model` for an operator whose old meaning has no equivalent.
 */
export function extendLifted(model: Model, parts: GraphParts): Uint8Array {
  if (model.opset >= LIFTED_OPSET) return extendModel(model, parts);
  const graph = liftGraph(model.graph, new Lift(model, inferTensors(model)));
  const { nodes = [], initializers = [], inputs = [], outputs = [], valueInfo = [] } = parts;
  return writeModel({
    ...model,
    irVersion: Math.max(model.irVersion, LIFTED_IR),
    opsets: new Map([...model.opsets, ['', LIFTED_OPSET]]),
    graph: {
      ...graph,
      nodes: [...graph.nodes, ...nodes],
      inputs: [...graph.inputs, ...inputs],
      outputs: [...graph.outputs, ...outputs],
      initializers: new Map([
        ...graph.initializers,
        ...initializers.map((tensor): [string, ConstantTensor] => [tensor.name, tensor]),
      ]),
      valueInfo: new Map([...graph.valueInfo, ...valueInfo.map((info) => [info.name, info] as const)]),
    },
  });
}

function liftGraph(graph: Graph, lift: Lift): Graph {
  return { ...graph, nodes: graph.nodes.flatMap((node) => lift.node(node)) };
}

/** Gives the node in its new form, with the same outputs. */
type Lifter = (node: Node, lift: Lift) => Node;

class Lift {
  readonly #isSingle: boolean;
  #before: Node[] = [];
  #count = 0;

  constructor(
    readonly model: Model,
    private readonly facts: StaticTensors,
  ) {
    this.#isSingle = usesOnlySinglePrecision(model);
  }

  /** The node at opset 17, preceded by the nodes that it newly reads. */
  node(node: Node): readonly Node[] {
    const attributes = Array.from(node.attributes, ([name, attribute]): [string, Attribute] => [
      name,
      this.#attribute(attribute),
    ]);
    const inner: Node = { ...node, attributes: new Map(attributes) };
    const change = node.domain === '' ? changes.get(node.opType) : undefined;
    if (!change || this.model.opset >= change.since) return [inner];
    this.#before = [];
    const lifted = change.lift(inner, this);
    return [...this.#before, lifted];
  }

  /** Adds a node that the lifted one reads. Gives its output. */
  op(opType: string, inputs: readonly string[], attributes: Parameters<typeof makeNode>[3] = {}): string {
    const output = this.#fresh(opType);
    this.#before.push(makeNode(opType, inputs, [output], attributes, output));
    return output;
  }

  ints(values: readonly number[]): string {
    return this.#constant([values.length], BigInt64Array.from(values, BigInt));
  }

  floats(values: readonly number[], dims: readonly number[] = [values.length]): string {
    return this.#constant(dims, Float32Array.from(values));
  }

  /** A number of the element type that `tensor` has. */
  scalarLike(tensor: string, value: number): string {
    const single = this.floats([value], []);
    return this.#isSingle ? single : this.op('CastLike', [single, tensor]);
  }

  shape(tensor: string): Shape | undefined {
    return this.facts.shapes.get(tensor);
  }

  numbers(tensor: string): readonly unknown[] | undefined {
    return this.facts.values.get(tensor)?.data;
  }

  cannot(node: Node, what: string): CamError {
    return new CamError(
      'model',
      `${this.model.name}: operator ${node.opType} (node "${node.name || node.outputs[0]}"): expected a meaning that opset ${LIFTED_OPSET} has too, got ${what} of opset ${this.model.opset}. Export the model at opset ${LIFTED_OPSET} or later.`,
    );
  }

  #attribute(attribute: Attribute): Attribute {
    if (attribute.type === 'graph') return { ...attribute, value: this.#inner(attribute.value) };
    if (attribute.type === 'graphs')
      return { ...attribute, value: attribute.value.map((graph) => this.#inner(graph)) };
    return attribute;
  }

  /** Shapes inside a subgraph are unknown: they may differ from step to step. */
  #inner(graph: Graph): Graph {
    return liftGraph(graph, this);
  }

  #constant(dims: readonly number[], values: TensorValues): string {
    const name = this.#fresh('constant');
    const value: Attribute = { type: 'tensor', value: constantTensor(name, dims, values) };
    this.#before.push(makeNode('Constant', [], [name], { value }, name));
    return name;
  }

  #fresh(kind: string): string {
    return `lifted/${kind}_${this.#count++}`;
  }
}

/** The node with other inputs, and without the attributes that have become inputs. */
function changed(
  node: Node,
  { inputs = node.inputs, without = [], ...rest }: Partial<Node> & { readonly without?: readonly string[] },
): Node {
  const attributes = new Map([...node.attributes].filter(([name]) => !without.includes(name)));
  return { ...node, attributes, ...rest, inputs };
}

/** Moves a list of integers from an attribute to the second input. */
function listAsInput(name: string): Lifter {
  return (node, lift) => {
    const list = intsAttribute(node, name);
    return list ? changed(node, { inputs: [node.inputs[0], lift.ints(list)], without: [name] }) : node;
  };
}

const clip: Lifter = (node, lift) => {
  const bound = (name: string) =>
    node.attributes.has(name) ? lift.scalarLike(node.inputs[0], floatAttribute(node, name, 0)) : '';
  const inputs = [node.inputs[0], bound('min'), bound('max')];
  return changed(node, { inputs, without: ['min', 'max', 'consumed_inputs'] });
};

const pad: Lifter = (node, lift) => {
  const pads = lift.ints(intsAttribute(node, 'pads') ?? []);
  const value = lift.scalarLike(node.inputs[0], floatAttribute(node, 'value', 0));
  return changed(node, { inputs: [node.inputs[0], pads, value], without: ['pads', 'value'] });
};

const slice: Lifter = (node, lift) => {
  const list = (name: string) => intsAttribute(node, name);
  const starts = list('starts') ?? [];
  const axes = list('axes') ?? starts.map((_, i) => i);
  const inputs = [node.inputs[0], ...[starts, list('ends') ?? [], axes].map((values) => lift.ints(values))];
  return changed(node, { inputs, without: ['starts', 'ends', 'axes'] });
};

const topK: Lifter = (node, lift) => {
  if (!node.attributes.has('k')) return node;
  return changed(node, { inputs: [node.inputs[0], lift.ints([intAttribute(node, 'k', 1)])], without: ['k'] });
};

/** The ratio has no effect on inference. */
const dropout: Lifter = (node) => changed(node, { without: ['ratio'] });

/** The outputs of training are removed. */
const batchNormalization: Lifter = (node, lift) => {
  if (intAttribute(node, 'spatial', 1) !== 1)
    throw lift.cannot(node, 'statistics per position (spatial = 0)');
  return changed(node, { outputs: node.outputs.slice(0, 1), without: ['spatial'] });
};

/** Until opset 12, all axes from `axis` on were normalised together; since 13, one axis is. */
const softmax: Lifter = (node, lift) => {
  const [input] = node.inputs;
  const shape = lift.shape(input);
  const given = intAttribute(node, 'axis', 1);
  const axis = shape && given < 0 ? given + shape.length : given;
  const isAlone = shape?.slice(axis + 1).every((dim) => dim === 1) ?? false;
  const on = (value: number): Attribute => ({ type: 'int', value });
  if (isAlone) return { ...node, attributes: new Map([['axis', on(axis)]]) };
  const flat = lift.op('Flatten', [input], { axis });
  const normalised = lift.op(node.opType, [flat], { axis: 1 });
  return makeNode('Reshape', [normalised, lift.op('Shape', [input])], node.outputs, {}, node.name);
};

/**
 * ONNX Runtime's reading of the first resizing operators: no half pixels; the nearest sample before, or
 * behind when shrinking.
 */
const upsample: Lifter = (node, lift) => {
  const attribute = node.attributes.get('scales');
  const scales = attribute?.type === 'floats' ? attribute.value : lift.numbers(node.inputs[1]);
  const shrinks = scales?.some((scale) => typeof scale === 'number' && scale < 1) ?? false;
  if (shrinks && scales?.some((scale) => typeof scale === 'number' && scale > 1))
    throw lift.cannot(node, 'scales above and below 1');
  const input = attribute?.type === 'floats' ? lift.floats(attribute.value) : node.inputs[1];
  const mode = stringAttribute(node, 'mode', 'nearest');
  return makeNode(
    'Resize',
    [node.inputs[0], '', input],
    node.outputs,
    {
      mode: mode === 'bilinear' ? 'linear' : mode,
      coordinate_transformation_mode: 'asymmetric',
      nearest_mode: shrinks ? 'ceil' : 'floor',
    },
    node.name,
  );
};

/** Empty tensors become inputs that are left out. */
const resize: Lifter = (node, lift) => {
  if (lift.model.opset < 11) return upsample(node, lift);
  if (stringAttribute(node, 'coordinate_transformation_mode', '') === 'tf_half_pixel_for_nn')
    throw lift.cannot(node, 'coordinate_transformation_mode tf_half_pixel_for_nn');
  const isEmpty = (tensor: string) => lift.shape(tensor)?.[0] === 0;
  const inputs = node.inputs.map((tensor, i) => ((i === 1 || i === 2) && isEmpty(tensor) ? '' : tensor));
  return changed(node, { inputs });
};

const scatter: Lifter = (node) => ({ ...node, opType: 'ScatterElements' });

const roiAlign: Lifter = (node) => ({
  ...node,
  attributes: new Map([
    ...node.attributes,
    ['coordinate_transformation_mode', { type: 'string', value: 'output_half_pixel' }],
  ]),
});

const scan: Lifter = (node, lift) => {
  throw lift.cannot(node, 'a batch axis');
};

/** Changed operators and the opset of the change; those that only gained options or types are not listed. */
const changes: ReadonlyMap<string, { readonly since: number; readonly lift: Lifter }> = new Map([
  ['BatchNormalization', { since: 14, lift: batchNormalization }],
  ['Clip', { since: 11, lift: clip }],
  ['Dropout', { since: 12, lift: dropout }],
  ['Hardmax', { since: 13, lift: softmax }],
  ['LogSoftmax', { since: 13, lift: softmax }],
  ['Pad', { since: 11, lift: pad }],
  ['ReduceSum', { since: 13, lift: listAsInput('axes') }],
  ['Resize', { since: 13, lift: resize }],
  ['RoiAlign', { since: 16, lift: roiAlign }],
  ['Scan', { since: 9, lift: scan }],
  ['Scatter', { since: 11, lift: scatter }],
  ['Slice', { since: 10, lift: slice }],
  ['Softmax', { since: 13, lift: softmax }],
  ['Split', { since: 13, lift: listAsInput('split') }],
  ['Squeeze', { since: 13, lift: listAsInput('axes') }],
  ['TopK', { since: 10, lift: topK }],
  ['Unsqueeze', { since: 13, lift: listAsInput('axes') }],
  ['Upsample', { since: 10, lift: upsample }],
]);

/** Operators that lifting rewrites. */
export const lifted: readonly string[] = [...changes.keys()];
