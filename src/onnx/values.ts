/** Constants made from values, and values as ordinary numbers. */

import { CamError } from '../errors.js';
import {
  type ConstantTensor,
  type DataType,
  dataTypes,
  type ExternalLocation,
  type TensorValues,
} from './model.js';
import { bytesOf, DATA_LOCATION, DATA_TYPE, DIMS, EXTERNAL_DATA, NAME, RAW_DATA } from './tensor.js';
import { WireWriter } from './wire-writer.js';

class MadeTensor implements ConstantTensor {
  constructor(
    readonly name: string,
    readonly dtype: DataType,
    readonly dims: readonly number[],
    private readonly values: TensorValues,
  ) {}

  get proto(): Uint8Array {
    const w = header(this.name, this.dtype, this.dims);
    w.bytes(RAW_DATA, bytesOf(this.values));
    return w.finish();
  }

  data(): TensorValues {
    return this.values;
  }
}

/** The element type of an array by default. */
function naturalType(values: TensorValues): DataType {
  if (values instanceof Float32Array) return 'float32';
  if (values instanceof Float64Array) return 'float64';
  if (values instanceof BigInt64Array) return 'int64';
  if (values instanceof BigUint64Array) return 'uint64';
  if (values instanceof Int32Array) return 'int32';
  if (values instanceof Int16Array) return 'int16';
  if (values instanceof Int8Array) return 'int8';
  if (values instanceof Uint32Array) return 'uint32';
  return values instanceof Uint16Array ? 'uint16' : 'uint8';
}

/**
 * A constant for a graph that is written.
 *
 * @param dims Lengths; `[]` is a scalar. Their product must be the number of values.
 * @param dtype Default: the array's own type. `float16`, `bfloat16` (from Uint16Array) and `bool` (from
 *   Uint8Array) are named here.
 * @throws {CamError} `shape` when `dims` and values disagree.
 */
export function constantTensor(
  name: string,
  dims: readonly number[],
  values: TensorValues,
  dtype: DataType = naturalType(values),
): ConstantTensor {
  const expected = dims.reduce((product, dim) => product * dim, 1);
  if (expected !== values.length)
    throw new CamError(
      'shape',
      `constant "${name}": expected ${expected} values (dims [${dims.join(', ')}]), got ${values.length}.`,
    );
  return new MadeTensor(name, dtype, dims, values);
}

/** An int64 vector, as Reshape, Slice, Pad … take it. */
export function int64Vector(name: string, values: readonly number[]): ConstantTensor {
  return constantTensor(name, [values.length], BigInt64Array.from(values, BigInt));
}

/** A TensorProto without values that points into a file of external data. */
export function externalTensorProto(tensor: ConstantTensor, at: Required<ExternalLocation>): Uint8Array {
  const w = header(tensor.name, tensor.dtype, tensor.dims);
  for (const [key, value] of Object.entries(at)) {
    const entry = new WireWriter();
    entry.string(1, key);
    entry.string(2, String(value));
    w.message(EXTERNAL_DATA, entry);
  }
  w.int(DATA_LOCATION, 1);
  return w.finish();
}

function header(name: string, dtype: DataType, dims: readonly number[]): WireWriter {
  const w = new WireWriter();
  w.ints(DIMS, dims);
  w.int(DATA_TYPE, dataTypes.indexOf(dtype));
  w.string(NAME, name);
  return w;
}

/**
 * The values of a numeric constant as float32 (float16 and bfloat16 widened exactly). A view where they are
 * float32 already.
 * @throws {CamError} `model` as `ConstantTensor.data` does, and for types that are no plain numbers.
 */
export function toFloat32(tensor: ConstantTensor): Float32Array {
  const values = tensor.data();
  if (values instanceof Float32Array && tensor.dtype === 'float32') return values;
  if (values instanceof Uint16Array && tensor.dtype === 'float16') return halfToFloat(values);
  if (values instanceof Uint16Array && tensor.dtype === 'bfloat16')
    return new Float32Array(Uint32Array.from(values, (bits) => bits << 16).buffer);
  const plain: readonly DataType[] = [
    'float64',
    'int8',
    'uint8',
    'int16',
    'uint16',
    'int32',
    'uint32',
    'bool',
  ];
  if (values instanceof BigInt64Array || values instanceof BigUint64Array)
    return Float32Array.from(values, Number);
  if (!plain.includes(tensor.dtype))
    throw new CamError('model', `tensor "${tensor.name}": expected plain numbers, got type ${tensor.dtype}.`);
  return Float32Array.from(values);
}

/** The values of an integer constant as numbers; low bits are lost beyond ±2^53. */
export function toNumbers(tensor: ConstantTensor): number[] {
  return Array.from<number | bigint, number>(tensor.data(), Number);
}

/** IEEE 754 half precision, given as bits, widened exactly to float32. */
export function halfToFloat(bits: Uint16Array): Float32Array {
  const out = new Float32Array(bits.length);
  for (let i = 0; i < bits.length; i++) {
    const half = bits[i]!;
    const exponent = (half >> 10) & 31;
    const fraction = half & 1023;
    let magnitude = (1 + fraction / 1024) * 2 ** (exponent - 15);
    if (exponent === 0) magnitude = fraction * 2 ** -24;
    else if (exponent === 31) magnitude = fraction === 0 ? Number.POSITIVE_INFINITY : Number.NaN;
    out[i] = half & 0x8000 ? -magnitude : magnitude;
  }
  return out;
}
