/** Local functions from a readable description. */

import {
  type Attribute,
  constantTensor,
  type LocalFunction,
  makeGraph,
  type Node,
  writeModel,
} from '../../src/onnx/index.js';
import { int64Vector } from '../../src/onnx/values.js';
import { WireReader } from '../../src/onnx/wire.js';
import { WireWriter } from '../../src/onnx/wire-writer.js';
import { writeGraphParts } from '../../src/onnx/write.js';
import { node, weights } from './build.js';

export interface FunctionSpec {
  readonly name: string;
  /** Default `own`. */
  readonly domain?: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly nodes: readonly Node[];
  /** Attributes without a value of their own. */
  readonly attributes?: readonly string[];
  /** Values of attributes that calls leave out. */
  readonly defaults?: Readonly<Record<string, Attribute>>;
  /** Of ONNX's own operators. Default 17. */
  readonly opset?: number;
  /** Versions of other domains. */
  readonly domains?: Readonly<Record<string, number>>;
  readonly overload?: string;
}

/** A FunctionProto. */
export function local(spec: FunctionSpec): Pick<LocalFunction, 'proto'> {
  const { name, domain = 'own', inputs, outputs, nodes, defaults = {}, opset = 17, overload = '' } = spec;
  const w = new WireWriter();
  w.string(1, name);
  for (const input of inputs) w.string(4, input);
  for (const output of outputs) w.string(5, output);
  for (const attribute of spec.attributes ?? []) w.string(6, attribute);
  const body = new WireWriter();
  const holder: Node = { ...nodes[0], attributes: new Map(Object.entries(defaults)) };
  writeGraphParts(body, { nodes: [...nodes, holder] });
  const written = messages(body.finish(), 1);
  for (const node of written.slice(0, -1)) w.bytes(7, node);
  for (const [at, version] of Object.entries({ '': opset, own: 1, ...spec.domains })) {
    const one = new WireWriter();
    one.optionalString(1, at);
    one.int(2, version);
    w.message(9, one);
  }
  w.string(10, domain);
  for (const attribute of messages(written[written.length - 1], 5)) w.bytes(11, attribute);
  w.optionalString(13, overload);
  return { proto: w.finish() };
}

/** The attribute `name` of a node within a function: what the call has as `from`, of a type's code. */
export function given(name: string, from: string, code: number): Attribute {
  const w = new WireWriter();
  w.string(1, name);
  w.string(21, from);
  w.int(20, code);
  return { type: 'opaque', value: w.finish() };
}

/** All fields of that number, as they lie. */
function messages(bytes: Uint8Array, field: number): Uint8Array[] {
  const found: Uint8Array[] = [];
  for (const r = new WireReader('function', bytes); r.next(); )
    if (r.field === field) found.push(r.bytes());
    else r.skip();
  return found;
}

/** A node that calls a function of the domain `own`. */
export const call = (opType: string, ...[inputs, outputs, attributes, name]: Rest): Node => ({
  ...node(opType, inputs, outputs, attributes, name),
  domain: 'own',
});
type Rest = [
  inputs: readonly string[],
  outputs: readonly string[],
  attributes?: Parameters<typeof node>[3],
  name?: string,
];

/** A classifier of `x` `[n, 3, 8, 8]` with these nodes from `x` to `a` `[n, 4, h, w]`. */
export function file(nodes: readonly Node[], functions: readonly FunctionSpec[], irVersion = 8): Uint8Array {
  const constant = (name: string, dims: readonly number[], seed = 1) =>
    constantTensor(name, dims, weights(dims, seed).values);
  return writeModel({
    irVersion,
    opsets: new Map([
      ['', 17],
      ['own', 1],
    ]),
    functions: functions.map(local),
    graph: makeGraph('main', {
      nodes: [
        ...nodes,
        node('GlobalAveragePool', ['a'], ['g']),
        node('Flatten', ['g'], ['f']),
        node('Gemm', ['f', 'fc'], ['y']),
      ],
      initializers: [
        constant('w', [4, 3, 3, 3]),
        constant('v', [4, 4, 3, 3], 2),
        constant('fc', [4, 5], 3),
        constantTensor('yes', [], Uint8Array.of(1), 'bool'),
        constantTensor('zero', [], Float32Array.of(0)),
        int64Vector('axes', [2, 3]),
      ],
      inputs: [{ name: 'x', dtype: 'float32', shape: ['n', 3, 8, 8] }],
      outputs: [{ name: 'y', dtype: 'float32', shape: ['n', 5] }],
    }),
  });
}
