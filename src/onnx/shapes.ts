/** Static shapes of a model's tensors. */

import { intAttribute, intsAttribute, stringAttribute } from './attributes.js';
import { MAX_FOLDED, MAX_FOLDED_IN_ALL, MAX_RANK } from './limits.js';
import { ListMap } from './list-map.js';
import type { ConstantTensor, Dim, Graph, Model, Node, Shape } from './model.js';
import { elementwiseRules } from './shapes/elementwise.js';
import { fold } from './shapes/fold.js';
import { fusedRules } from './shapes/fused.js';
import { layoutRules } from './shapes/layout.js';
import { linearRules } from './shapes/linear.js';
import { type Op, product, type ShapeRule, type SmallConstant } from './shapes/rule.js';
import { spatialRules } from './shapes/spatial.js';
import { isNumeric } from './tensor.js';
import { toFloat32, toNumbers } from './values.js';
import { indexGraph, makeIndex } from './walk.js';

const rules: ReadonlyMap<string, ShapeRule> = new Map(
  [spatialRules, elementwiseRules, linearRules, layoutRules].flatMap(Object.entries<ShapeRule>),
);

/**
 * The shape of every tensor of the model's own graph, as far as it can be told without running it: constants
 * are folded, names of lengths (`'batch'`) are kept, and unknown lengths are taken from the file.
 * Tensors of unknown rank are missing; unknown lengths are `undefined`.
 *
 * @throws {CamError} `model` for cyclic graphs and damaged constants.
 */
export function inferShapes(model: Model): ReadonlyMap<string, Shape> {
  return inferTensors(model).shapes;
}

/**
 * What is known of tensors by name: shapes, and the elements of small constants that shapes are computed
 * from.
 */
export interface StaticTensors {
  readonly shapes: Map<string, Shape>;
  readonly values: Map<string, SmallConstant>;
  /** How many elements may still be computed. */
  readonly budget: { elements: number };
  /** One object for all shapes that are equal: a graph of 100,000 tensors has few. */
  readonly distinct: ListMap<Dim, Shape>;
}

export function noTensors(): StaticTensors {
  const elements = MAX_FOLDED_IN_ALL;
  return { shapes: new Map(), values: new Map(), budget: { elements }, distinct: new ListMap() };
}

/** By graph: models that differ in name, bytes or scoring alone have the same shapes. */
const inferred = new WeakMap<Graph, { readonly opset: number; readonly scope: StaticTensors }>();

/** Shapes as `inferShapes` has them, and the small constants that shape arithmetic gives. */
export function inferTensors(model: Model): StaticTensors {
  const { graph, opset } = model;
  const known = inferred.get(graph);
  if (known?.opset === opset) return known.scope;
  const scope = noTensors();
  inferGraph(graph, model, scope);
  inferred.set(graph, { opset, scope });
  return scope;
}

/** What is known inside a subgraph; a name that it lacks is looked up in the graph around it. */
class Inner<V> extends Map<string, V> {
  constructor(private readonly outer: ReadonlyMap<string, V>) {
    super();
  }

  override get(name: string): V | undefined {
    return super.get(name) ?? this.outer.get(name);
  }
}

function inferBody(graph: Graph, model: Model, { shapes, values, ...shared }: StaticTensors): StaticTensors {
  const scope = { shapes: new Inner(shapes), values: new Inner(values), ...shared };
  inferGraph(graph, model, scope);
  return scope;
}

/**
 * Shape and, of the first output, folded elements that a node without subgraphs gives for the tensors in
 * `scope`.
 */
export function inferNode(
  node: Node,
  opset: number,
  scope: StaticTensors,
): { readonly shapes: readonly (Shape | undefined)[]; readonly value: SmallConstant | undefined } {
  const op = new NodeOp(node, opset, scope);
  const shapes = (rules.get(node.opType)?.(op) ?? []).map(sound);
  return { shapes, value: folded(op, shapes[0], scope) };
}

/** Adds the graph's tensors to `scope`. */
function inferGraph(graph: Graph, model: Model, scope: StaticTensors): void {
  const { shapes, values } = scope;
  const learn = (name: string, shape: Shape | undefined, value: SmallConstant | undefined) => {
    if (name === '') return;
    const known = completed(sound(shape), graph.valueInfo.get(name)?.shape);
    if (known)
      shapes.set(
        name,
        scope.distinct.get(known, () => known),
      );
    if (value) values.set(name, value);
  };
  for (const { name, shape } of graph.inputs) learn(name, shape, undefined);
  for (const tensor of graph.initializers.values()) learn(tensor.name, tensor.dims, constantValue(tensor));
  const index = graph === model.graph ? indexGraph(graph, model.name) : makeIndex(graph, model.name);
  for (const node of index.order) {
    const op = new NodeOp(node, model.opset, scope);
    const constant = node.opType === 'Constant' ? index.constant(node.outputs[0] ?? '') : undefined;
    const found: NodeOutputs = constant
      ? { shapes: [constant.dims], values: [constantValue(constant)] }
      : outputsOf(node, op, model, scope);
    for (let i = 0; i < node.outputs.length; i++) {
      const shape = found.shapes[i];
      const value = found.values?.[i] ?? (i === 0 ? folded(op, sound(shape), scope) : undefined);
      learn(node.outputs[i], shape, value);
    }
  }
}

function folded(op: Op, shape: Shape | undefined, { budget }: StaticTensors): SmallConstant | undefined {
  if (op.node.domain !== '' || budget.elements <= 0) return undefined;
  const value = fold(op, shape);
  budget.elements -= (value?.data.length ?? 0) * (shape?.length || 1);
  return value;
}

/** Shapes and small constants of a node's outputs. */
interface NodeOutputs {
  readonly shapes: readonly (Shape | undefined)[];
  readonly values?: readonly (SmallConstant | undefined)[];
}

const nothing: NodeOutputs = { shapes: [] };

function outputsOf(node: Node, op: Op, model: Model, scope: StaticTensors): NodeOutputs {
  if (node.domain === 'com.microsoft') return { shapes: fusedRules.get(node.opType)?.(op) ?? [] };
  if (node.domain !== '') return nothing;
  if (node.opType === 'If') return branches(node, op, model, scope);
  if (node.opType === 'Scan') return scanned(node, op, model, scope);
  return { shapes: rules.get(node.opType)?.(op) ?? [] };
}

/** The outputs of the branch that an If takes, where it is known; else the lengths of both branches. */
function branches(node: Node, op: Op, model: Model, scope: StaticTensors): NodeOutputs {
  const outputs = (branch: string): NodeOutputs => {
    const attribute = node.attributes.get(branch);
    if (attribute?.type !== 'graph') return nothing;
    const { outputs } = attribute.value;
    const inner = inferBody(attribute.value, model, scope);
    return {
      shapes: outputs.map(({ name }) => inner.shapes.get(name)),
      values: outputs.map(({ name }) => inner.values.get(name)),
    };
  };
  const condition = op.value(0)?.data[0];
  if (typeof condition === 'number') return outputs(condition ? 'then_branch' : 'else_branch');
  const otherwise = outputs('else_branch');
  const agreed = outputs('then_branch').shapes.map((shape, i) => {
    const other = otherwise.shapes[i];
    if (!shape || shape.length !== other?.length) return undefined;
    return shape.map((dim, axis) => (dim === other[axis] ? dim : undefined));
  });
  return { shapes: agreed };
}

/** States keep their shape of the body; outputs of each step are stacked along an axis. */
function scanned(node: Node, op: Op, model: Model, scope: StaticTensors): NodeOutputs {
  const body = node.attributes.get('body');
  if (body?.type !== 'graph' || model.opset < 9) return nothing;
  const inner = inferBody(body.value, model, scope).shapes;
  const states = node.inputs.length - op.int('num_scan_inputs', 1);
  const steps = op.shape(states)?.at(op.ints('scan_input_axes')?.[0] ?? 0);
  const shapes = body.value.outputs.map(({ name }, i) => {
    const shape = inner.get(name);
    if (i < states || !shape) return shape;
    const axis = op.ints('scan_output_axes')?.[i - states] ?? 0;
    return shape.toSpliced(axis < 0 ? axis + shape.length + 1 : axis, 0, steps);
  });
  return { shapes };
}

/** A node as the shape rules see it. */
class NodeOp implements Op {
  constructor(
    readonly node: Node,
    readonly opset: number,
    private readonly scope: Pick<StaticTensors, 'shapes' | 'values'>,
  ) {}

  shape(input: number): Shape | undefined {
    return this.scope.shapes.get(this.node.inputs[input] ?? '');
  }

  value(input: number): SmallConstant | undefined {
    return this.scope.values.get(this.node.inputs[input] ?? '');
  }

  int(attribute: string, otherwise: number): number {
    return intAttribute(this.node, attribute, otherwise);
  }

  ints(attribute: string): readonly number[] | undefined {
    return intsAttribute(this.node, attribute);
  }

  string(attribute: string, otherwise: string): string {
    return stringAttribute(this.node, attribute, otherwise);
  }
}

function constantValue(tensor: ConstantTensor): SmallConstant | undefined {
  const size = product(tensor.dims) ?? 0;
  if (size > MAX_FOLDED || !isNumeric(tensor.dtype) || tensor.external) return undefined;
  const isReal = /^b?float(16|32|64)$/.test(tensor.dtype);
  const data = isReal && tensor.dtype !== 'float64' ? Array.from(toFloat32(tensor)) : toNumbers(tensor);
  return { shape: tensor.dims, data, real: isReal };
}

/** Impossible lengths (a damaged file, a window larger than its image) become unknown. */
function sound(shape: Shape | undefined): Shape | undefined {
  if (!shape || shape.length > MAX_RANK) return undefined;
  for (let i = 0; i < shape.length; i++)
    // Rules may leave holes behind an axis that there is not.
    if (!(i in shape) || isImpossible(shape[i]))
      return Array.from(shape, (dim) => (isImpossible(dim) ? undefined : dim));
  return shape;
}

const isImpossible = (dim: Dim): boolean =>
  typeof dim === 'number' && !(Number.isSafeInteger(dim) && dim >= 0);

/** The inferred shape, its unknown lengths taken from the file. */
function completed(inferred: Shape | undefined, stated: Shape | undefined): Shape | undefined {
  if (!inferred) return sound(stated);
  if (stated?.length !== inferred.length || !inferred.includes(undefined)) return inferred;
  return inferred.map((dim, i) => dim ?? stated[i]);
}
