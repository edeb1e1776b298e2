/** ModelProto → `Model`. */

import { CamError } from '../errors.js';
import { notAModel } from './detect.js';
import { expectModestFunctions } from './functions.js';
import { inlined } from './inline.js';
import type { Attribute, LocalFunction, Model, Node } from './model.js';
import { GraphReader, normalDomain } from './read-graph.js';
import { withRealLayers } from './real-layers.js';
import { type ExternalData, readEntry } from './tensor.js';
import { WireReader } from './wire.js';
import { writeModel } from './write.js';

/** ModelProto field numbers. */
const IR_VERSION = 1;
const PRODUCER = 2;
const GRAPH = 7;
const OPSET_IMPORT = 8;
const METADATA = 14;
const FUNCTIONS = 25;

/** The supported versions of ONNX's operator set. */
const OLDEST_OPSET = 7;
const NEWEST_OPSET = 22;

/**
 * Reads an ONNX file of up to 2 GB: its graph as plain data, its weights as views of `bytes`, which must not
 * change afterwards. Local functions that the graph calls are put in the place of their calls; the model's
 * bytes are then those of a new file. So they are of a model in QOperator form: its layers of integers are
 * there as real numbers, under their names.
 *
 * @param name The model's name in messages: a file name. Default `'model'`.
 * @param externalData Contents of the files that hold external values, by location; only needed to read those
 *   values.
 * @throws {CamError} `model`: no ONNX model, truncated or damaged, without a graph, opset below 7; local
 *   functions without end, or of other opsets than the model's.
 */
export function parseModel(bytes: Uint8Array, name = 'model', externalData: ExternalData = new Map()): Model {
  const model = readModel(bytes, name, externalData);
  expectModestFunctions(model);
  const rewritten = (parts: Partial<Model>): Model =>
    readModel(writeModel({ ...model, ...parts }), name, externalData);
  const parts = inlined(model);
  const whole = parts ? rewritten({ ...parts, functions: [] }) : model;
  const graph = withRealLayers(whole);
  return graph ? rewritten({ ...whole, graph }) : whole;
}

/**
 * The file as it is, with calls of local functions.
 * @throws {CamError} `model` as `parseModel`.
 */
export function readModel(bytes: Uint8Array, name = 'model', externalData: ExternalData = new Map()): Model {
  const foreign = notAModel(name, bytes);
  if (foreign) throw foreign;
  const graph = new GraphReader(name, externalData);
  const opsets = new Map<string, number>();
  const metadata = new Map<string, string>();
  const functions: LocalFunction[] = [];
  let irVersion = 0;
  let producer = '';
  let hasGraph = false;
  const r = new WireReader(name, bytes);
  while (r.next()) {
    if (r.field === IR_VERSION) irVersion = r.int();
    else if (r.field === PRODUCER) producer = r.string();
    else if (r.field === GRAPH) {
      graph.add(r.message());
      hasGraph = true;
    } else if (r.field === OPSET_IMPORT) readOpset(r.message(), opsets);
    else if (r.field === METADATA) readEntry(r.message(), metadata);
    else if (r.field === FUNCTIONS) functions.push(readFunction(r.message(), externalData));
    else r.skip();
  }
  if (!hasGraph)
    throw new CamError(
      'model',
      `${name}: expected an ONNX model with a graph, got one without. Fetch or export it again.`,
    );
  const opset = checkedOpset(name, opsets);
  const notices =
    opset > NEWEST_OPSET
      ? [
          `${name}: opset ${opset} is newer than ${NEWEST_OPSET}, the newest known here: operators that changed since may be misread.`,
        ]
      : [];
  return {
    name,
    bytes,
    irVersion,
    opset,
    opsets,
    producer,
    graph: graph.finish(),
    metadata,
    functions,
    notices,
  };
}

function checkedOpset(name: string, opsets: ReadonlyMap<string, number>): number {
  const opset = opsets.get('');
  if (opset !== undefined && opset >= OLDEST_OPSET) return opset;
  const got = opset === undefined ? 'none (the file may be cut off)' : `${opset}`;
  throw new CamError(
    'model',
    `${name}: expected ONNX opset ${OLDEST_OPSET} to ${NEWEST_OPSET} (older operators mean something else), got ${got}. Export it again, or lift it with onnx.version_converter.`,
  );
}

function readOpset(r: WireReader, into: Map<string, number>): void {
  let domain = '';
  let version = 0;
  while (r.next()) {
    if (r.field === 1) domain = r.string();
    else if (r.field === 2) version = r.int();
    else r.skip();
  }
  into.set(normalDomain(domain), version);
}

function readFunction(r: WireReader, externalData: ExternalData): LocalFunction {
  const proto = r.view();
  const body = new GraphReader(r.where, externalData);
  const inputs: string[] = [];
  const outputs: string[] = [];
  const nodes: Node[] = [];
  const defaults = new Map<string, Attribute>();
  const opsets = new Map<string, number>();
  let name = '';
  let domain = '';
  let overload = '';
  while (r.next()) {
    if (r.field === 1) name = r.string();
    else if (r.field === 4) inputs.push(r.string());
    else if (r.field === 5) outputs.push(r.string());
    else if (r.field === 7) nodes.push(body.node(r.message()));
    else if (r.field === 9) readOpset(r.message(), opsets);
    else if (r.field === 10) domain = r.string();
    else if (r.field === 11) body.attribute(r.message(), defaults);
    else if (r.field === 13) overload = r.string();
    else r.skip();
  }
  const read = { name, domain: normalDomain(domain), inputs, outputs, nodes, defaults, opsets, proto };
  return overload === '' ? read : { ...read, overload };
}
