import type {
  ConstantTensor,
  DataType,
  Graph,
  LocalFunction,
  Model,
  Node,
  ValueInfo,
} from '../../src/onnx/index.js';
import { dataTypes } from '../../src/onnx/model.js';
import { RAW_DATA } from '../../src/onnx/tensor.js';
import { WireReader } from '../../src/onnx/wire.js';
import { WireWriter } from '../../src/onnx/wire-writer.js';

/** A constant, and what its header claims, true or not. */
export interface Claim {
  readonly name: string;
  readonly tensor: ConstantTensor;
  readonly dims: readonly number[] | undefined;
  readonly dtype: DataType | undefined;
}

/** A graph that can be changed. */
export interface Draft {
  nodes: Node[];
  readonly inputs: ValueInfo[];
  readonly outputs: ValueInfo[];
  readonly valueInfo: ValueInfo[];
  initializers: Claim[];
  opset: number;
  irVersion: number;
  functions: readonly LocalFunction[];
}

export function draftOf(
  { nodes, inputs, outputs, valueInfo, initializers }: Graph,
  { opset, irVersion, functions }: Pick<Model, 'opset' | 'irVersion' | 'functions'>,
): Draft {
  return {
    nodes: [...nodes],
    inputs: [...inputs],
    outputs: [...outputs],
    valueInfo: [...valueInfo.values()],
    initializers: Array.from(initializers, ([name, tensor]) => ({
      name,
      tensor,
      dims: undefined,
      dtype: undefined,
    })),
    opset,
    irVersion,
    functions,
  };
}

export function graphOf({ nodes, inputs, outputs, valueInfo, initializers }: Draft): Graph {
  return {
    name: 'draft',
    nodes: [...nodes],
    inputs: [...inputs],
    outputs: [...outputs],
    valueInfo: new Map(valueInfo.map((info) => [info.name, info])),
    // Keyed by position: a name may occur twice.
    initializers: new Map(initializers.map((claim, i) => [`${i}`, claimed(claim)])),
    sparseInitializers: new Map(),
  };
}

/** The tensor in the file: its own values under the claimed header. */
function claimed({ name, tensor, dims = tensor.dims, dtype = tensor.dtype }: Claim): ConstantTensor {
  const w = new WireWriter();
  w.ints(1, dims);
  w.int(2, dataTypes.indexOf(dtype));
  w.string(8, name);
  for (const r = new WireReader('tensor', tensor.proto, 0, tensor.proto.length, false); r.next(); ) {
    if (r.field === RAW_DATA) w.bytes(RAW_DATA, r.bytes());
    else if (r.field >= 4 && r.field <= 7) w.append(r.wholeField());
    else r.skip();
  }
  const proto = w.finish();
  return { name, dims, dtype, proto, data: () => tensor.data() };
}

/** Names of all tensors of the graph. At least one. */
export function tensorsOf({ nodes, inputs, initializers }: Draft): readonly string[] {
  const found = new Set([...inputs.map(({ name }) => name), ...initializers.map(({ name }) => name), 'x']);
  for (const { outputs } of nodes) for (const name of outputs) found.add(name);
  return [...found];
}
