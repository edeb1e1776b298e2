/** Models of one or two nodes, as ModelProto bytes, small enough to compute their answers by hand. */

const text = new TextEncoder();

/** ONNX's numbers for element types (TensorProto.DataType). */
export const FLOAT = 1;
export const UINT8 = 2;
export const INT64 = 7;
export const STRING = 8;
export const FLOAT16 = 10;

function varint(value: number): number[] {
  const bytes: number[] = [];
  for (let v = value; ; v = Math.floor(v / 128)) {
    if (v < 128) return [...bytes, v];
    bytes.push((v % 128) + 128);
  }
}

/** A field: integers as varints, everything else length-delimited. */
function field(number: number, value: number | string | readonly number[] | Uint8Array): number[] {
  if (typeof value === 'number') return [...varint(number * 8), ...varint(value)];
  const bytes = typeof value === 'string' ? text.encode(value) : value;
  return [...varint(number * 8 + 2), ...varint(bytes.length), ...bytes];
}

export type Dim = number | string;

export function valueInfo(name: string, type: number, shape: readonly Dim[]): number[] {
  const dims = shape.flatMap((d) => field(1, field(typeof d === 'number' ? 1 : 2, d)));
  return [...field(1, name), ...field(2, field(1, [...field(1, type), ...field(2, dims)]))];
}

/** A node; attributes are integers. */
export function node(
  op: string,
  inputs: readonly string[],
  outputs: readonly string[],
  attributes: Readonly<Record<string, number>> = {},
): number[] {
  return [
    ...inputs.flatMap((i) => field(1, i)),
    ...outputs.flatMap((o) => field(2, o)),
    ...field(3, `node_${outputs[0]}`),
    ...field(4, op),
    // AttributeProto: name, i, type = INT
    ...Object.entries(attributes).flatMap(([name, i]) =>
      field(5, [...field(1, name), ...field(3, i), ...field(20, 2)]),
    ),
  ];
}

/** A constant: its bytes inside the model, or the path of the file that holds them. */
export function initializer(
  name: string,
  type: number,
  dims: readonly number[],
  raw: Uint8Array | { readonly path: string; readonly bytes: number },
): number[] {
  const head = [...dims.flatMap((d) => field(1, d)), ...field(2, type), ...field(8, name)];
  if (raw instanceof Uint8Array) return [...head, ...field(9, raw)];
  const entry = (key: string, value: string) => field(13, [...field(1, key), ...field(2, value)]);
  return [
    ...head,
    ...entry('location', raw.path),
    ...entry('offset', '0'),
    ...entry('length', `${raw.bytes}`),
    ...field(14, 1),
  ];
}

export function model(parts: {
  readonly nodes: readonly number[][];
  readonly inputs: readonly number[][];
  readonly outputs: readonly number[][];
  readonly initializers?: readonly number[][];
  readonly opset?: number;
}): Uint8Array {
  const graph = [
    ...parts.nodes.flatMap((n) => field(1, n)),
    ...field(2, 'tiny'),
    ...(parts.initializers ?? []).flatMap((t) => field(5, t)),
    ...parts.inputs.flatMap((v) => field(11, v)),
    ...parts.outputs.flatMap((v) => field(12, v)),
  ];
  const opset = [...field(1, ''), ...field(2, parts.opset ?? 13)];
  return Uint8Array.from([...field(1, 8), ...field(7, graph), ...field(8, opset)]);
}

/** `y = op(x)` with one input and one output of the same type and shape. */
export function unary(op: string, type: number, shape: readonly Dim[], opset?: number): Uint8Array {
  return model({
    nodes: [node(op, ['x'], ['y'])],
    inputs: [valueInfo('x', type, shape)],
    outputs: [valueInfo('y', type, shape)],
    ...(opset === undefined ? {} : { opset }),
  });
}
