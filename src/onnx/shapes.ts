/** Static shapes of a model's tensors. */

import { intAttribute, intsAttribute, stringAttribute } from './attributes.js';
import type { ConstantTensor, Dim, Graph, Model, Node, Shape } from './model.js';
import { elementwiseRules } from './shapes/elementwise.js';
import { fold, MAX_FOLDED } from './shapes/fold.js';
import { layoutRules } from './shapes/layout.js';
import { linearRules } from './shapes/linear.js';
import { MAX_RANK, type Op, product, type Rule, type Value } from './shapes/rule.js';
import { spatialRules } from './shapes/spatial.js';
import { isNumeric } from './tensor.js';
import { toFloat32, toNumbers } from './values.js';
import { indexGraph } from './walk.js';

const rules: ReadonlyMap<string, Rule> = new Map(
  [spatialRules, elementwiseRules, linearRules, layoutRules].flatMap(Object.entries<Rule>),
);

/**
 * The shape of every tensor of the model's own graph, as far as it can be told without running it: constants are
 * folded, names of lengths (`'batch'`) are carried along, and what the file itself says fills the gaps. Tensors of
 * unknown rank are missing; unknown lengths are `undefined`.
 *
 * @throws {CamError} `model` for cyclic graphs and damaged constants.
 */
export function inferShapes(model: Model): ReadonlyMap<string, Shape> {
  return inferGraph(model.graph, model, undefined).shapes;
}

/** What is known of tensors by name: shapes, and the elements of small constants that shapes are computed from. */
export interface Scope {
  readonly shapes: Map<string, Shape>;
  readonly values: Map<string, Value>;
}

/** Shapes as `inferShapes` has them, and the small constants that were folded on the way. */
export function inferTensors(model: Model): Scope {
  return inferGraph(model.graph, model, undefined);
}

/** Shape and, of the first output, folded elements that a node without subgraphs gives for the tensors in `scope`. */
export function inferNode(
  node: Node,
  opset: number,
  scope: Scope,
): { readonly shapes: readonly (Shape | undefined)[]; readonly value: Value | undefined } {
  const op = describe(node, opset, scope);
  const shapes = (rules.get(node.opType)?.(op) ?? []).map(sound);
  return { shapes, value: fold(op, shapes[0]) };
}

function inferGraph(graph: Graph, model: Model, outer: Scope | undefined): Scope {
  const shapes = new Map(outer?.shapes);
  const values = new Map(outer?.values);
  const scope = { shapes, values };
  const learn = (name: string, shape: Shape | undefined, value: Value | undefined) => {
    if (name === '') return;
    const known = completed(sound(shape), graph.valueInfo.get(name)?.shape);
    if (known) shapes.set(name, known);
    if (value) values.set(name, value);
  };
  for (const { name, shape } of graph.inputs) learn(name, shape, undefined);
  for (const tensor of graph.initializers.values()) learn(tensor.name, tensor.dims, constantValue(tensor));
  const index = indexGraph(graph, model.name);
  for (const node of index.order) {
    const op = describe(node, model.opset, scope);
    const constant = node.opType === 'Constant' ? index.constant(node.outputs[0] ?? '') : undefined;
    const value = constant && constantValue(constant);
    const inferred = constant ? [constant.dims] : shapesOf(node, op, model, scope);
    node.outputs.forEach((name, i) => {
      const shape = inferred[i];
      learn(name, shape, i === 0 ? (value ?? foldNode(node, op, shape)) : undefined);
    });
  }
  return scope;
}

function foldNode(node: Node, op: Op, shape: Shape | undefined): Value | undefined {
  return node.domain === '' ? fold(op, sound(shape)) : undefined;
}

function shapesOf(node: Node, op: Op, model: Model, scope: Scope): readonly (Shape | undefined)[] {
  if (node.domain !== '') return [];
  if (node.opType === 'If') return branches(node, op, model, scope);
  if (node.opType === 'Scan') return scanned(node, op, model, scope);
  return rules.get(node.opType)?.(op) ?? [];
}

/** An If whose condition is known has the shapes of that branch; else what both branches agree on. */
function branches(node: Node, op: Op, model: Model, scope: Scope): readonly (Shape | undefined)[] {
  const outputs = (branch: string): readonly (Shape | undefined)[] => {
    const attribute = node.attributes.get(branch);
    if (attribute?.type !== 'graph') return [];
    const inner = inferGraph(attribute.value, model, scope).shapes;
    return attribute.value.outputs.map(({ name }) => inner.get(name));
  };
  const condition = op.value(0)?.data[0];
  if (typeof condition === 'number') return outputs(condition ? 'then_branch' : 'else_branch');
  const otherwise = outputs('else_branch');
  return outputs('then_branch').map((shape, i) => {
    const other = otherwise[i];
    if (!shape || shape.length !== other?.length) return undefined;
    return shape.map((dim, axis) => (dim === other[axis] ? dim : undefined));
  });
}

/** States keep the shape that the body gives them; what the body gives at each step is stacked along an axis. */
function scanned(node: Node, op: Op, model: Model, scope: Scope): readonly (Shape | undefined)[] {
  const body = node.attributes.get('body');
  if (body?.type !== 'graph' || model.opset < 9) return [];
  const inner = inferGraph(body.value, model, scope).shapes;
  const states = node.inputs.length - op.int('num_scan_inputs', 1);
  const steps = op.shape(states)?.at(op.ints('scan_input_axes')?.[0] ?? 0);
  return body.value.outputs.map(({ name }, i) => {
    const shape = inner.get(name);
    if (i < states || !shape) return shape;
    const axis = op.ints('scan_output_axes')?.[i - states] ?? 0;
    return shape.toSpliced(axis < 0 ? axis + shape.length + 1 : axis, 0, steps);
  });
}

function describe(node: Node, opset: number, { shapes, values }: Scope): Op {
  return {
    node,
    opset,
    shape: (input) => shapes.get(node.inputs[input] ?? ''),
    value: (input) => values.get(node.inputs[input] ?? ''),
    int: (name, otherwise) => intAttribute(node, name, otherwise),
    ints: (name) => intsAttribute(node, name),
    string: (name, otherwise) => stringAttribute(node, name, otherwise),
  };
}

function constantValue(tensor: ConstantTensor): Value | undefined {
  const size = product(tensor.dims) ?? 0;
  if (size > MAX_FOLDED || !isNumeric(tensor.dtype) || tensor.external) return undefined;
  const isReal = /^b?float(16|32|64)$/.test(tensor.dtype);
  const data = isReal && tensor.dtype !== 'float64' ? Array.from(toFloat32(tensor)) : toNumbers(tensor);
  return { shape: tensor.dims, data, real: isReal };
}

/** Lengths that cannot be (a damaged file, a window larger than its image) become unknown. */
function sound(shape: Shape | undefined): Shape | undefined {
  if (!shape || shape.length > MAX_RANK) return undefined;
  return Array.from(
    shape,
    (dim): Dim => (typeof dim === 'number' && !(Number.isSafeInteger(dim) && dim >= 0) ? undefined : dim),
  );
}

/** What was inferred, with gaps filled from what the file says. */
function completed(inferred: Shape | undefined, stated: Shape | undefined): Shape | undefined {
  if (!inferred) return sound(stated);
  if (stated?.length !== inferred.length) return inferred;
  return inferred.map((dim, i) => dim ?? stated[i]);
}
