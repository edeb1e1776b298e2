/** Models from both readers in one common, comparable form. */

import { createHash } from 'node:crypto';
import type { Attribute, ConstantTensor, Graph, Model, ValueInfo } from '../../src/onnx/index.js';
import { dataTypes } from '../../src/onnx/model.js';

export interface Plain {
  readonly [key: string]: unknown;
}

const digest = (bytes: Uint8Array) => createHash('sha1').update(bytes).digest('hex');

/** Our reader's result. */
export function plainModel(model: Model): Plain {
  return {
    irVersion: model.irVersion,
    producer: model.producer,
    opsets: Object.fromEntries(model.opsets),
    metadata: Object.fromEntries(model.metadata),
    functions: model.functions.map(({ name, domain }) => [name, domain]),
    graph: plainGraph(model.graph),
  };
}

export function plainGraph(graph: Graph): Plain {
  return {
    name: graph.name,
    nodes: graph.nodes.map((node) => ({
      name: node.name,
      opType: node.opType,
      domain: node.domain,
      inputs: node.inputs,
      outputs: node.outputs,
      attributes: Object.fromEntries([...node.attributes].map(([name, a]) => [name, plainAttribute(a)])),
    })),
    inputs: graph.inputs.map(plainInfo),
    outputs: graph.outputs.map(plainInfo),
    initializers: [...graph.initializers.values()].map(plainTensor),
    valueInfo: [...graph.valueInfo.values()].map(plainInfo).sort(byName),
  };
}

const byName = (a: Plain, b: Plain) => (String(a.name) < String(b.name) ? -1 : 1);

function plainInfo({ name, dtype, shape }: ValueInfo): Plain {
  return { name, dtype: dtype ?? 'undefined', shape: shape?.map((dim) => dim ?? '?') ?? 'none' };
}

function plainTensor(tensor: ConstantTensor): Plain {
  const values = tensor.external ? undefined : tensor.data();
  return {
    name: tensor.name,
    dtype: tensor.dtype,
    dims: tensor.dims,
    values: values
      ? digest(new Uint8Array(values.buffer, values.byteOffset, values.byteLength))
      : tensor.external,
  };
}

function plainAttribute(attribute: Attribute): Plain {
  const { type } = attribute;
  if (type === 'tensor') return { type, value: plainTensor(attribute.value) };
  if (type === 'graph') return { type, value: plainGraph(attribute.value) };
  if (type === 'tensors') return { type, value: attribute.value.map(plainTensor) };
  if (type === 'graphs') return { type, value: attribute.value.map(plainGraph) };
  return { type, value: attribute.value };
}

type Message = { readonly [field: string]: unknown };

const text = (value: unknown) => (typeof value === 'string' ? value : '');
const integer = (value: unknown) => Number(value ?? 0);
const isMessage = (value: unknown): value is Message => typeof value === 'object' && value !== null;
const message = (value: unknown): Message => (isMessage(value) ? value : {});
const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
const utf8 = (value: unknown) => (value instanceof Uint8Array ? new TextDecoder().decode(value) : '');

/** What protobufjs decoded, by the rules that ONNX states. */
export function plainDecoded(model: Message): Plain {
  const entries = (value: unknown) =>
    Object.fromEntries(list(value).map((e) => [text(message(e).key), text(message(e).value)]));
  return {
    irVersion: integer(model.irVersion),
    producer: text(model.producerName),
    opsets: Object.fromEntries(
      list(model.opsetImport).map((o) => [text(message(o).domain), integer(message(o).version)]),
    ),
    metadata: entries(model.metadataProps),
    functions: list(model.functions).map((f) => [text(message(f).name), text(message(f).domain)]),
    graph: decodedGraph(message(model.graph)),
  };
}

function decodedGraph(graph: Message): Plain {
  const initializers = list(graph.initializer).map((t) => decodedTensor(message(t)));
  const constant = new Set(initializers.map(({ name }) => name));
  const infos = (value: unknown) => list(value).map((info) => decodedInfo(message(info)));
  const every = [...infos(graph.valueInfo), ...infos(graph.input), ...infos(graph.output)];
  return {
    name: text(graph.name),
    nodes: list(graph.node).map((n) => {
      const node = message(n);
      return {
        name: text(node.name),
        opType: text(node.opType),
        domain: text(node.domain),
        inputs: list(node.input),
        outputs: list(node.output),
        attributes: Object.fromEntries(
          list(node.attribute).map((a) => [text(message(a).name), decodedAttribute(message(a))]),
        ),
      };
    }),
    inputs: infos(graph.input).filter(({ name }) => !constant.has(name)),
    outputs: infos(graph.output),
    initializers,
    valueInfo: [...new Map(every.map((info) => [info.name, info])).values()].sort(byName),
  };
}

function decodedInfo(info: Message): Plain {
  const tensor = message(message(info.type).tensorType);
  const dims = list(message(tensor.shape).dim).map((d) => {
    const { dimValue, dimParam } = message(d);
    return dimValue === undefined ? text(dimParam) || '?' : integer(dimValue);
  });
  return {
    name: text(info.name),
    dtype: dataTypes[integer(tensor.elemType)],
    shape: tensor.shape === undefined ? 'none' : dims,
  };
}

function decodedTensor(tensor: Message): Plain {
  const bytes = (array: ArrayBufferView) => new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
  const stored = [
    tensor.rawData instanceof Uint8Array ? tensor.rawData : new Uint8Array(),
    bytes(Float32Array.from(list(tensor.floatData), Number)),
    bytes(BigInt64Array.from(list(tensor.int64Data), (n) => BigInt(String(n)))),
    bytes(Float64Array.from(list(tensor.doubleData), Number)),
  ].find(({ length }) => length > 0);
  return {
    name: text(tensor.name),
    dtype: dataTypes[integer(tensor.dataType)],
    dims: list(tensor.dims).map(Number),
    values: digest(stored ?? new Uint8Array()),
  };
}

function decodedAttribute(attribute: Message): Plain {
  switch (integer(attribute.type)) {
    case 1:
      return { type: 'float', value: Number(attribute.f ?? 0) };
    case 2:
      return { type: 'int', value: integer(attribute.i) };
    case 3:
      return { type: 'string', value: utf8(attribute.s) };
    case 4:
      return { type: 'tensor', value: decodedTensor(message(attribute.t)) };
    case 5:
      return { type: 'graph', value: decodedGraph(message(attribute.g)) };
    case 6:
      return { type: 'floats', value: list(attribute.floats).map(Number) };
    case 7:
      return { type: 'ints', value: list(attribute.ints).map(Number) };
    case 8:
      return { type: 'strings', value: list(attribute.strings).map(utf8) };
    default:
      throw new Error(`attribute ${text(attribute.name)} has type ${integer(attribute.type)}`);
  }
}
