/** GraphProto, NodeProto, AttributeProto, ValueInfoProto → plain data. */

import { CamError } from '../errors.js';
import { MAX_GRAPH_DEPTH } from './limits.js';
import {
  type Attribute,
  type ConstantTensor,
  type Dim,
  dataTypes,
  type Graph,
  type Node,
  type ValueInfo,
} from './model.js';
import { type ExternalData, readTensor } from './tensor.js';
import type { WireReader } from './wire.js';

/** Reads one graph; in protobuf it may come in several pieces, which are merged. */
export class GraphReader {
  private name = '';
  private readonly nodes: Node[] = [];
  private readonly inputs: ValueInfo[] = [];
  private readonly outputs: ValueInfo[] = [];
  private readonly initializers = new Map<string, ConstantTensor>();
  private readonly sparse = new Map<string, Uint8Array>();
  private readonly intermediate: ValueInfo[] = [];

  constructor(
    private readonly where: string,
    private readonly files: ExternalData,
    private readonly depth = 0,
  ) {
    if (depth > MAX_GRAPH_DEPTH)
      throw new CamError(
        'model',
        `${where}: expected at most ${MAX_GRAPH_DEPTH} graphs within one another, got more. The file is damaged: fetch or export it again.`,
      );
  }

  add(r: WireReader): void {
    while (r.next()) {
      if (r.field === 1) this.nodes.push(this.node(r.message()));
      else if (r.field === 2) this.name = r.string();
      else if (r.field === 5) {
        const tensor = readTensor(r.message(), this.files);
        this.initializers.set(tensor.name, tensor);
      } else if (r.field === 11) this.inputs.push(readValueInfo(r.message()));
      else if (r.field === 12) this.outputs.push(readValueInfo(r.message()));
      else if (r.field === 13) this.intermediate.push(readValueInfo(r.message()));
      else if (r.field === 15) this.addSparse(r.message());
      else r.skip();
    }
  }

  finish(): Graph {
    const valueInfo = new Map<string, ValueInfo>();
    for (const info of [...this.intermediate, ...this.inputs, ...this.outputs])
      if (info.dtype !== undefined || !valueInfo.has(info.name)) valueInfo.set(info.name, info);
    return {
      name: this.name,
      nodes: this.nodes,
      inputs: this.inputs.filter(({ name }) => !this.initializers.has(name) && !this.sparse.has(name)),
      outputs: this.outputs,
      initializers: this.initializers,
      valueInfo,
      sparseInitializers: this.sparse,
    };
  }

  private addSparse(r: WireReader): void {
    const proto = r.view();
    this.sparse.set(this.sparseName(r), proto);
  }

  /**
   * SparseTensorProto: its name is that of its values. Both of its tensors are checked, since runtimes read
   * them.
   */
  private sparseName(r: WireReader): string {
    let name = '';
    while (r.next()) {
      if (r.field === 1) name = readTensor(r.message(), this.files).name;
      else if (r.field === 2) readTensor(r.message(), this.files);
      else r.skip();
    }
    return name;
  }

  /** A node outside of any graph: of a local function. */
  node(r: WireReader): Node {
    const inputs: string[] = [];
    const outputs: string[] = [];
    const attributes = new Map<string, Attribute>();
    let name = '';
    let opType = '';
    let domain = '';
    let overload = '';
    while (r.next()) {
      if (r.field === 1) inputs.push(r.string());
      else if (r.field === 2) outputs.push(r.string());
      else if (r.field === 3) name = r.string();
      else if (r.field === 4) opType = r.string();
      else if (r.field === 5) this.attribute(r.message(), attributes);
      else if (r.field === 7) domain = r.string();
      else if (r.field === 8) overload = r.string();
      else r.skip();
    }
    const node = { name, opType, domain: normalDomain(domain), inputs, outputs, attributes };
    return overload === '' ? node : { ...node, overload };
  }

  /** Adds an attribute by its name. */
  attribute(r: WireReader, into: Map<string, Attribute>): void {
    const proto = r.view();
    let name = '';
    let code = 0;
    let float = 0;
    let int = 0;
    let string = '';
    let tensor: ConstantTensor | undefined;
    let graph: GraphReader | undefined;
    const floats: number[] = [];
    const ints: number[] = [];
    const strings: string[] = [];
    const tensors: ConstantTensor[] = [];
    const graphs: Graph[] = [];
    // Files older than IR 2 leave out the type: it follows from the field that is present.
    let present = 0;
    while (r.next()) {
      if (r.field === 1) name = r.string();
      else if (r.field === 20) code = r.int();
      else {
        present = codeOfField.get(r.field) ?? present;
        if (r.field === 2) float = r.float();
        else if (r.field === 3) int = r.int();
        else if (r.field === 4) string = r.string();
        else if (r.field === 5) tensor = readTensor(r.message(), this.files);
        else if (r.field === 6) {
          graph ??= this.subgraph();
          graph.add(r.message());
        } else if (r.field === 7) pushFloats(r.fixed(4), floats);
        else if (r.field === 8) r.ints(ints);
        else if (r.field === 9) strings.push(r.string());
        else if (r.field === 10) tensors.push(readTensor(r.message(), this.files));
        else if (r.field === 11) {
          const one = this.subgraph();
          one.add(r.message());
          graphs.push(one.finish());
        } else if (r.field === 22 || r.field === 23) this.sparseName(r.message());
        else r.skip();
      }
    }
    const attributeOf = (type: number): Attribute | undefined => {
      if (type === 1) return { type: 'float', value: float };
      if (type === 2) return { type: 'int', value: int };
      if (type === 3) return { type: 'string', value: string };
      if (type === 4) return tensor && { type: 'tensor', value: tensor };
      if (type === 5) return graph && { type: 'graph', value: graph.finish() };
      if (type === 6) return { type: 'floats', value: floats };
      if (type === 7) return { type: 'ints', value: ints };
      if (type === 8) return { type: 'strings', value: strings };
      if (type === 9) return { type: 'tensors', value: tensors };
      return type === 10 ? { type: 'graphs', value: graphs } : undefined;
    };
    // A byte string that is no text would be changed when written again.
    const lossy = isLossy(string) || strings.some(isLossy);
    const known = lossy || present === REFERENCE ? undefined : attributeOf(code || present);
    into.set(name, known ?? { type: 'opaque', value: proto });
  }

  private subgraph(): GraphReader {
    return new GraphReader(this.where, this.files, this.depth + 1);
  }
}

const isLossy = (text: string): boolean => text.includes('\ufffd');

/** Not a type of ONNX: an attribute of a local function that refers to the caller's. */
const REFERENCE = -1;

/** AttributeProto: value field → type code. */
const codeOfField: ReadonlyMap<number, number> = new Map([
  [2, 1],
  [3, 2],
  [4, 3],
  [5, 4],
  [6, 5],
  [7, 6],
  [8, 7],
  [9, 8],
  [10, 9],
  [11, 10],
  [21, REFERENCE],
]);

/** ONNX's own domain has two spellings. */
export function normalDomain(domain: string): string {
  return domain === 'ai.onnx' ? '' : domain;
}

function pushFloats(bytes: Uint8Array, into: number[]): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 0; at + 4 <= bytes.length; at += 4) into.push(view.getFloat32(at, true));
}

function readValueInfo(r: WireReader): ValueInfo {
  let name = '';
  let type: Omit<ValueInfo, 'name'> = {};
  while (r.next()) {
    if (r.field === 1) name = r.string();
    else if (r.field === 2) type = readType(r.message());
    else r.skip();
  }
  return { name, ...type };
}

/** TypeProto: only dense tensors have an element type and a shape here. */
function readType(r: WireReader): Omit<ValueInfo, 'name'> {
  let code = 0;
  let shape: Dim[] | undefined;
  while (r.next()) {
    if (r.field !== 1) {
      r.skip();
      continue;
    }
    const tensor = r.message();
    while (tensor.next()) {
      if (tensor.field === 1) code = tensor.int();
      else if (tensor.field === 2) shape = readShape(tensor.message());
      else tensor.skip();
    }
  }
  const dtype = code === 0 ? undefined : dataTypes[code];
  return { ...(dtype && { dtype }), ...(shape && { shape }) };
}

function readShape(r: WireReader): Dim[] {
  const shape: Dim[] = [];
  while (r.next()) {
    if (r.field === 1) shape.push(readDim(r.message()));
    else r.skip();
  }
  return shape;
}

/** Some exporters write -1 for an unknown length. */
function readDim(r: WireReader): Dim {
  let dim: Dim;
  while (r.next()) {
    if (r.field === 1) {
      const length = r.int();
      dim = length >= 0 ? length : undefined;
    } else if (r.field === 2) dim = r.string() || undefined;
    else r.skip();
  }
  return dim;
}
