/** A model's file with further outputs or nodes. */

import { CamError } from '../errors.js';
import { nearestNames } from '../names.js';
import type { ConstantTensor, Model, Node, ValueInfo } from './model.js';
import { readAgain } from './read-again.js';
import { RAW_DATA } from './tensor.js';
import { externalTensorProto } from './values.js';
import { WireReader } from './wire.js';
import { WireWriter } from './wire-writer.js';
import { type GraphParts, writeGraphParts } from './write.js';

/** ModelProto's graph. */
const GRAPH = 7;
/** GraphProto's initialisers. */
const INITIALIZER = 5;

/**
 * The model with further tensors as outputs, for sessions of this program: the file's bytes and a few more,
 * which protobuf merges into its graph. Copies the file once; `shareWeights` does not. For files that leave
 * the program use `extendModel`: not every reader merges.
 *
 * @throws {CamError} `layer` for a tensor that the graph does not make.
 */
export function exposeOutputs(model: Model, tensors: readonly string[]): Uint8Array {
  const w = new WireWriter();
  w.append(model.bytes);
  const graph = new WireWriter();
  writeGraphParts(graph, { outputs: newOutputs(model, tensors) });
  if (graph.length > 0) w.message(GRAPH, graph);
  return w.finish();
}

/**
 * The model with further nodes, read again from its file and a few more bytes. Copies the file once.
 */
export function exposeNodes(model: Model, nodes: readonly Node[]): Model {
  const w = new WireWriter();
  w.append(model.bytes);
  const graph = new WireWriter();
  writeGraphParts(graph, { nodes });
  w.message(GRAPH, graph);
  const read = readAgain(model, w.finish());
  // The picture stands first, whatever the file's order is.
  return { ...read, graph: { ...read.graph, inputs: model.graph.inputs } };
}

/** Outputs by name only: the runtime infers their types. Those that are outputs already are left out. */
export function newOutputs(model: Model, tensors: readonly string[]): readonly ValueInfo[] {
  const { nodes, outputs } = model.graph;
  const made = new Set(nodes.flatMap((node) => node.outputs));
  const present = new Set(outputs.map(({ name }) => name));
  return [...new Set(tensors)]
    .filter((name) => !present.has(name))
    .map((name) => {
      if (name !== '' && made.has(name)) return { name };
      const nearest = nearestNames(name, [...made]).map((known) => `"${known}"`);
      throw new CamError(
        'layer',
        `layer "${name}": the model has no such tensor. Nearest tensors: ${nearest.join(', ')}.`,
      );
    });
}

/**
 * The model with more nodes, initialisers, inputs and outputs, as a proper file: everything else stays byte
 * for byte. Copies the weights once, into the result.
 */
export function extendModel(model: Model, parts: GraphParts): Uint8Array {
  const graph = new WireWriter();
  const rest = new WireWriter();
  for (const r = new WireReader(model.name, model.bytes); r.next(); ) {
    if (r.field === GRAPH) graph.append(r.bytes());
    else rest.append(r.wholeField());
  }
  writeGraphParts(graph, parts);
  const w = new WireWriter();
  for (const part of rest.chunks()) w.append(part);
  w.message(GRAPH, graph);
  return w.finish();
}

/** A model for a session that shares its weights with the original file. */
export interface SharedModel {
  /** The model without its large weights: a few kilobytes. */
  readonly bytes: Uint8Array;
  /** The files that hold the weights, in the form of ONNX Runtime's `externalData` option. */
  readonly externalData: readonly { readonly path: string; readonly data: Uint8Array }[];
}

/** Bytes. Smaller constants are copied: the runtime reads them to compute shapes. */
const MIN_SHARED = 1024;

/**
 * The model with further tensors as outputs, its weights pointing into `model.bytes`: several sessions share
 * one buffer, nothing large is copied. Weights that are external already stay so; their files must be given
 * as well.
 *
 * @throws {CamError} `layer` for a tensor that the graph does not make.
 */
export function shareWeights(model: Model, tensors: readonly string[] = []): SharedModel {
  const path = unusedPath(model);
  const graph = new WireWriter();
  const rest = new WireWriter();
  for (const r = new WireReader(model.name, model.bytes); r.next(); ) {
    if (r.field !== GRAPH) rest.append(r.wholeField());
    else
      for (const g = r.message(); g.next(); )
        if (g.field === INITIALIZER) g.skip();
        else graph.append(g.wholeField());
  }
  for (const tensor of model.graph.initializers.values()) {
    const raw = sharedBytes(tensor);
    // A constant that replaced one of the file lies elsewhere; it is copied.
    if (!raw || raw.buffer !== model.bytes.buffer) graph.bytes(INITIALIZER, tensor.proto);
    else {
      const offset = raw.byteOffset - model.bytes.byteOffset;
      graph.bytes(INITIALIZER, externalTensorProto(tensor, { location: path, offset, length: raw.length }));
    }
  }
  writeGraphParts(graph, { outputs: newOutputs(model, tensors) });
  const w = new WireWriter();
  for (const part of rest.chunks()) w.append(part);
  w.message(GRAPH, graph);
  return { bytes: w.finish(), externalData: [{ path, data: model.bytes }] };
}

/** A location of external data that the model does not use. */
export function unusedPath(model: Model): string {
  const used = new Set([...model.graph.initializers.values()].map(({ external }) => external?.location));
  let path = 'weights';
  while (used.has(path)) path += '_';
  return path;
}

/** Raw bytes of a large initialiser that lies in the file. */
export function sharedBytes(tensor: ConstantTensor): Uint8Array | undefined {
  if (tensor.external || tensor.proto.length < MIN_SHARED) return undefined;
  for (const r = new WireReader(tensor.name, tensor.proto, 0, tensor.proto.length, false); r.next(); ) {
    if (r.field === RAW_DATA) return r.bytes();
    r.skip();
  }
  return undefined;
}
