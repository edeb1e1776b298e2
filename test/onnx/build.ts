/** Tiny ONNX models from a readable description. */

import {
  type ConstantTensor,
  constantTensor,
  type DataType,
  makeGraph,
  makeNode,
  type Node,
  type Shape,
  type TensorValues,
  type ValueInfo,
  writeModel,
} from '../../src/onnx/index.js';

/** A shape (float32), a type and a shape, or `{}` for a tensor of which nothing is said. */
type InfoSpec = Shape | { readonly dtype?: DataType; readonly shape?: Shape };

interface ConstantSpec {
  readonly dims: readonly number[];
  readonly values: TensorValues;
  /** Default: the array's own type. */
  readonly dtype?: DataType;
}

export interface ModelSpec {
  /** Default 13. */
  readonly opset?: number;
  /** Default 7. */
  readonly irVersion?: number;
  readonly inputs: Readonly<Record<string, InfoSpec>>;
  readonly nodes: readonly Node[];
  readonly initializers?: Readonly<Record<string, ConstantSpec>>;
  readonly outputs: Readonly<Record<string, InfoSpec>>;
  readonly valueInfo?: Readonly<Record<string, InfoSpec>>;
  /** Versions of other domains' operators. */
  readonly domains?: Readonly<Record<string, number>>;
}

export { float, floats } from '../../src/onnx/index.js';

/**
 * `node('Conv', ['x', 'w'], ['y'], { strides: [2, 2] })`: plain numbers are integers, `float(0.5)` is a
 * float.
 */
export const node = makeNode;

/** The bytes of a model file. */
export function model(spec: ModelSpec): Uint8Array {
  const initializers = Object.entries(spec.initializers ?? {}).map(
    ([name, { dims, values, dtype }]): ConstantTensor => constantTensor(name, dims, values, dtype),
  );
  const graph = makeGraph('test', {
    nodes: spec.nodes,
    initializers,
    inputs: infos(spec.inputs),
    outputs: infos(spec.outputs),
    valueInfo: infos(spec.valueInfo ?? {}),
  });
  return writeModel({
    irVersion: spec.irVersion ?? 7,
    opsets: new Map([['', spec.opset ?? 13], ...Object.entries(spec.domains ?? {})]),
    graph,
  });
}

function infos(specs: Readonly<Record<string, InfoSpec>>): ValueInfo[] {
  return Object.entries(specs).map(([name, spec]) =>
    isShape(spec) ? { name, dtype: 'float32', shape: spec } : { name, ...spec },
  );
}

function isShape(spec: InfoSpec): spec is Shape {
  return Array.isArray(spec);
}

/** Float32 values in -1..1, the same for the same dims and seed. */
export function weights(dims: readonly number[], seed = 1): ConstantSpec {
  let state = seed * 2654435761;
  const values = Float32Array.from({ length: dims.reduce((a, b) => a * b, 1) }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  });
  return { dims, values };
}

/** An int64 vector, as Reshape, Slice, Pad … take it. */
export function integers(...values: readonly number[]): ConstantSpec {
  return { dims: [values.length], values: BigInt64Array.from(values, BigInt) };
}
