/** Plain data → ModelProto, GraphProto, NodeProto, AttributeProto, ValueInfoProto. */

import { CamError } from '../errors.js';
import {
  type Attribute,
  type ConstantTensor,
  dataTypes,
  type Graph,
  type LocalFunction,
  type Node,
  type ValueInfo,
} from './model.js';
import { WireWriter } from './wire-writer.js';

/** The content of a model file; a `Model` has it. */
export interface ModelParts {
  readonly irVersion: number;
  /** Version by domain; `''` is ONNX's own. */
  readonly opsets: ReadonlyMap<string, number>;
  readonly graph: Graph;
  readonly producer?: string;
  readonly metadata?: ReadonlyMap<string, string>;
  readonly functions?: readonly Pick<LocalFunction, 'proto'>[];
}

/**
 * A whole model file. Documentation strings, denotations, quantisation annotations and training information
 * of a model that was read are not kept (`extendModel` keeps them). Weights are copied once, into the result.
 */
export function writeModel(parts: ModelParts): Uint8Array {
  const w = new WireWriter();
  w.int(1, parts.irVersion);
  w.optionalString(2, parts.producer ?? 'onnx-cam');
  w.message(7, writeGraph(parts.graph, parts.irVersion));
  for (const [domain, version] of parts.opsets) {
    const opset = new WireWriter();
    opset.optionalString(1, domain);
    opset.int(2, version);
    w.message(8, opset);
  }
  for (const [key, value] of parts.metadata ?? []) {
    const entry = new WireWriter();
    entry.string(1, key);
    entry.string(2, value);
    w.message(14, entry);
  }
  for (const { proto } of parts.functions ?? []) w.bytes(25, proto);
  return w.finish();
}

/** What can be added to a graph. Added nodes come after the existing ones. */
export interface GraphParts {
  readonly nodes?: readonly Node[];
  readonly initializers?: readonly ConstantTensor[];
  readonly inputs?: readonly ValueInfo[];
  readonly outputs?: readonly ValueInfo[];
  readonly valueInfo?: readonly ValueInfo[];
}

/** A new graph. Inputs and outputs are added to its value information. */
export function makeGraph(name: string, parts: GraphParts): Graph {
  const { nodes = [], initializers = [], inputs = [], outputs = [], valueInfo = [] } = parts;
  return {
    name,
    nodes,
    inputs,
    outputs,
    initializers: new Map(initializers.map((tensor) => [tensor.name, tensor])),
    valueInfo: new Map([...valueInfo, ...inputs, ...outputs].map((info) => [info.name, info])),
    sparseInitializers: new Map(),
  };
}

/**
 * An attribute of a node that is written: plain numbers are integers, floats are wrapped by `float` and
 * `floats`.
 */
export type AttributeValue = number | string | readonly number[] | Attribute;

export const float = (value: number): Attribute => ({ type: 'float', value });
export const floats = (value: readonly number[]): Attribute => ({ type: 'floats', value });

/**
 * A node of a graph that is written, in ONNX's own domain.
 * @throws {CamError} `option` for a plain number that is no integer.
 */
export function makeNode(
  opType: string,
  inputs: readonly string[],
  outputs: readonly string[],
  attributes: Readonly<Record<string, AttributeValue>> = {},
  name = '',
): Node {
  const entries = Object.entries(attributes).map(([key, value]): [string, Attribute] => [
    key,
    toAttribute(`${opType}: ${key}`, value),
  ]);
  return { name, opType, domain: '', inputs, outputs, attributes: new Map(entries) };
}

function toAttribute(where: string, value: AttributeValue): Attribute {
  if (typeof value === 'string') return { type: 'string', value };
  const given: readonly number[] = typeof value === 'number' ? [value] : isList(value) ? value : [];
  const fraction = given.find((n) => !Number.isInteger(n));
  if (fraction !== undefined)
    throw new CamError(
      'option',
      `${where}: expected an integer, got ${fraction}. Wrap floats in float() or floats().`,
    );
  if (typeof value === 'number') return { type: 'int', value };
  return isList(value) ? { type: 'ints', value } : value;
}

function isList(value: AttributeValue): value is readonly number[] {
  return Array.isArray(value);
}

/** Writes `parts` as fields of a GraphProto. */
export function writeGraphParts(w: WireWriter, parts: GraphParts): void {
  for (const node of parts.nodes ?? []) w.message(1, writeNode(node));
  for (const tensor of parts.initializers ?? []) w.bytes(5, tensor.proto);
  for (const info of parts.inputs ?? []) w.message(11, writeValueInfo(info));
  for (const info of parts.outputs ?? []) w.message(12, writeValueInfo(info));
  for (const info of parts.valueInfo ?? []) w.message(13, writeValueInfo(info));
}

function writeGraph(graph: Graph, irVersion: number): WireWriter {
  const w = new WireWriter();
  w.optionalString(2, graph.name);
  const initializers = [...graph.initializers.values()];
  // Before IR version 4 every initialiser was listed as an input too.
  const listed =
    irVersion < 4 ? initializers.map(({ name, dtype, dims }) => ({ name, dtype, shape: dims })) : [];
  const ends = new Set([...graph.inputs, ...graph.outputs].map(({ name }) => name));
  writeGraphParts(w, {
    nodes: graph.nodes,
    initializers,
    inputs: [...graph.inputs, ...listed],
    outputs: graph.outputs,
    valueInfo: [...graph.valueInfo.values()].filter(({ name }) => !ends.has(name)),
  });
  for (const proto of graph.sparseInitializers.values()) w.bytes(15, proto);
  return w;
}

function writeNode(node: Node): WireWriter {
  const w = new WireWriter();
  for (const input of node.inputs) w.string(1, input);
  for (const output of node.outputs) w.string(2, output);
  w.optionalString(3, node.name);
  w.string(4, node.opType);
  for (const [name, attribute] of node.attributes) {
    if (attribute.type === 'opaque') w.bytes(5, attribute.value);
    else w.message(5, writeAttribute(name, attribute));
  }
  w.optionalString(7, node.domain);
  w.optionalString(8, node.overload ?? '');
  return w;
}

/** AttributeProto's type codes. */
const attributeCodes = {
  float: 1,
  int: 2,
  string: 3,
  tensor: 4,
  graph: 5,
  floats: 6,
  ints: 7,
  strings: 8,
  tensors: 9,
  graphs: 10,
} as const;

/**
 * Subgraphs are written as of the newest IR: only a model's own graph ever listed its initialisers as inputs.
 */
const SUBGRAPH_IR = 4;

function writeAttribute(name: string, attribute: Exclude<Attribute, { type: 'opaque' }>): WireWriter {
  const w = new WireWriter();
  w.string(1, name);
  const { type, value } = attribute;
  if (type === 'float') w.float(2, value);
  else if (type === 'int') w.int(3, value);
  else if (type === 'string') w.string(4, value);
  else if (type === 'tensor') w.bytes(5, value.proto);
  else if (type === 'graph') w.message(6, writeGraph(value, SUBGRAPH_IR));
  else if (type === 'floats') w.floats(7, value);
  else if (type === 'ints') w.ints(8, value);
  else if (type === 'strings') for (const text of value) w.string(9, text);
  else if (type === 'tensors') for (const tensor of value) w.bytes(10, tensor.proto);
  else for (const graph of value) w.message(11, writeGraph(graph, SUBGRAPH_IR));
  w.int(20, attributeCodes[type]);
  return w;
}

function writeValueInfo({ name, dtype, shape }: ValueInfo): WireWriter {
  const w = new WireWriter();
  w.string(1, name);
  if (dtype === undefined) return w;
  const tensor = new WireWriter();
  tensor.int(1, dataTypes.indexOf(dtype));
  if (shape) {
    const dims = new WireWriter();
    for (const dim of shape) {
      const entry = new WireWriter();
      if (typeof dim === 'number') entry.int(1, dim);
      else if (dim !== undefined) entry.string(2, dim);
      dims.message(1, entry);
    }
    tensor.message(2, dims);
  }
  const type = new WireWriter();
  type.message(1, tensor);
  w.message(2, type);
  return w;
}
