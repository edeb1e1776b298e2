import { CamError } from '../errors.js';
import { fromFloat16, toFloat16 } from './float16.js';
import type { InputType, NumericArray, OutputType } from './types.js';

const arrays = {
  float32: Float32Array,
  float64: Float64Array,
  int8: Int8Array,
  uint8: Uint8Array,
  bool: Uint8Array,
  int16: Int16Array,
  uint16: Uint16Array,
  int32: Int32Array,
  uint32: Uint32Array,
  int64: BigInt64Array,
  uint64: BigUint64Array,
} as const satisfies Record<OutputType, unknown>;

/**
 * Bounds of the integer types that float64 holds exactly. Values of 64-bit types are converted without
 * rounding up to 2^53.
 */
const ranges = {
  int8: [-128, 127],
  uint8: [0, 255],
  bool: [0, 1],
  int16: [-32768, 32767],
  uint16: [0, 65535],
  int32: [-(2 ** 31), 2 ** 31 - 1],
  uint32: [0, 2 ** 32 - 1],
  int64: [-Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
  uint64: [0, Number.MAX_SAFE_INTEGER],
} as const;

export function isInputType(type: string): type is InputType {
  return type === 'float16' || type in arrays;
}

/**
 * The same values in the element type that an input declares; the array itself if it has that type already.
 * For integer types, values are rounded to the nearest integer and clamped to the type's range.
 *
 * @throws {CamError} `input` when the type is an integer type and a value is not finite.
 */
export function toInputType(name: string, data: NumericArray, type: InputType): NumericArray {
  if (type === 'float16')
    return toFloat16(data instanceof Float32Array ? data : Float32Array.from(asNumbers(data)));
  if (data instanceof arrays[type]) return data;
  const numbers = asNumbers(data);
  if (type === 'float32') return Float32Array.from(numbers);
  if (type === 'float64') return Float64Array.from(numbers);

  const [lowest, highest] = ranges[type];
  const integers = Float64Array.from(numbers, (value, i) => {
    if (Number.isFinite(value)) return Math.min(Math.max(Math.round(value), lowest), highest);
    throw new CamError(
      'input',
      `input "${name}": expected finite values (the model takes ${type}), got ${value} at ${i}.`,
    );
  });
  if (type === 'int64') return BigInt64Array.from(integers, BigInt);
  if (type === 'uint64') return BigUint64Array.from(integers, BigInt);
  return arrays[type].from(integers);
}

function asNumbers(data: NumericArray): ArrayLike<number> {
  return data instanceof BigInt64Array || data instanceof BigUint64Array ? Array.from(data, Number) : data;
}

/**
 * Data of an output of ONNX Runtime, with float16 converted to float32.
 *
 * @throws {CamError} `model` for strings, sequences and other values that are not tensors of numbers.
 */
export function fromOutputType(
  name: string,
  type: string,
  data: unknown,
): { dtype: OutputType; data: NumericArray } {
  // Where JavaScript has Float16Array, ONNX Runtime uses it instead of Uint16Array; the bits are the same.
  if (type === 'float16' && ArrayBuffer.isView(data))
    return {
      dtype: 'float32',
      data: fromFloat16(new Uint16Array(data.buffer, data.byteOffset, data.byteLength / 2)),
    };
  if (isOutputType(type) && data instanceof arrays[type]) return { dtype: type, data };
  throw new CamError('model', `output "${name}": expected a tensor of numbers, got one of ${type}.`);
}

function isOutputType(type: string): type is OutputType {
  return type in arrays;
}

/** An array of `length` zeros, float16 as bits. */
export function zeros(type: InputType, length: number): NumericArray {
  return type === 'float16' ? new Uint16Array(length) : new arrays[type](length);
}
