/** Constants of a model, read in place. */

import { CamError } from '../errors.js';
import {
  type ConstantTensor,
  type DataType,
  dataTypes,
  type ExternalLocation,
  type TensorValues,
} from './model.js';
import { WireReader } from './wire.js';
import { concatBytes } from './wire-writer.js';

/** Contents of the files that hold external values, by their location as the model writes it. */
export type ExternalData = ReadonlyMap<string, Uint8Array>;

/** TensorProto field numbers. */
export const DIMS = 1;
export const DATA_TYPE = 2;
const FLOAT_DATA = 4;
const INT32_DATA = 5;
const INT64_DATA = 7;
export const NAME = 8;
export const RAW_DATA = 9;
const DOUBLE_DATA = 10;
const UINT64_DATA = 11;
export const EXTERNAL_DATA = 13;
export const DATA_LOCATION = 14;

/** Element types whose values are numbers of a fixed size. */
export type NumericType = Exclude<DataType, 'undefined' | 'string'>;

interface Storage {
  /** Bits per element. */
  readonly bits: number;
  /** Bytes per entry of the array that holds them. */
  readonly unit: number;
  view(buffer: ArrayBufferLike, offset: number, length: number): TensorValues;
  from(numbers: Integers): TensorValues;
}

type Integers = readonly number[] | readonly bigint[];

interface ArrayType {
  readonly BYTES_PER_ELEMENT: number;
  new (buffer: ArrayBufferLike, offset: number, length: number): TensorValues;
}

function storage(array: ArrayType, from: (n: Integers) => TensorValues, bits?: number): Storage {
  const unit = array.BYTES_PER_ELEMENT;
  return { bits: bits ?? unit * 8, unit, from, view: (buffer, at, length) => new array(buffer, at, length) };
}

const bytes = (bits?: number) =>
  storage(Uint8Array, (n) => Uint8Array.from<number | bigint>(n, Number), bits);
const halves = storage(Uint16Array, (n) => Uint16Array.from<number | bigint>(n, Number));
const floats = (bits?: number) =>
  storage(Float32Array, (n) => Float32Array.from<number | bigint>(n, Number), bits);
const doubles = (bits?: number) =>
  storage(Float64Array, (n) => Float64Array.from<number | bigint>(n, Number), bits);

const storages: Readonly<Record<NumericType, Storage>> = {
  float32: floats(),
  float64: doubles(),
  int8: storage(Int8Array, (n) => Int8Array.from<number | bigint>(n, Number)),
  int16: storage(Int16Array, (n) => Int16Array.from<number | bigint>(n, Number)),
  int32: storage(Int32Array, (n) => Int32Array.from<number | bigint>(n, Number)),
  uint32: storage(Uint32Array, (n) => Uint32Array.from<number | bigint>(n, Number)),
  int64: storage(BigInt64Array, (n) => BigInt64Array.from<number | bigint>(n, BigInt)),
  uint64: storage(BigUint64Array, (n) => BigUint64Array.from<number | bigint>(n, BigInt)),
  uint8: bytes(),
  bool: bytes(),
  uint16: halves,
  float16: halves,
  bfloat16: halves,
  complex64: floats(64),
  complex128: doubles(128),
  float8e4m3fn: bytes(),
  float8e4m3fnuz: bytes(),
  float8e5m2: bytes(),
  float8e5m2fnuz: bytes(),
  float8e8m0: bytes(),
  uint4: bytes(4),
  int4: bytes(4),
  float4e2m1: bytes(4),
};

export function isNumeric(dtype: DataType): dtype is NumericType {
  return dtype !== 'undefined' && dtype !== 'string';
}

/** Bytes that `dims` elements take. */
function byteLength(dtype: NumericType, dims: readonly number[]): number {
  return Math.ceil((dims.reduce((product, dim) => product * dim, 1) * storages[dtype].bits) / 8);
}

/** A TensorProto of the file. */
class StoredTensor implements ConstantTensor {
  constructor(
    readonly name: string,
    readonly dtype: DataType,
    readonly dims: readonly number[],
    readonly external: ExternalLocation | undefined,
    readonly proto: Uint8Array,
    private readonly where: string,
    private readonly files: ExternalData,
  ) {}

  data(): TensorValues {
    if (!isNumeric(this.dtype))
      throw this.error('numbers', `type ${this.dtype}`, 'Only numeric tensors can be read.');
    const size = byteLength(this.dtype, this.dims);
    const kind = storages[this.dtype];
    const stored = this.external ? this.externalBytes(this.external, size) : storedValues(this);
    const raw = stored instanceof Uint8Array ? stored : bytesOf(kind.from(stored));
    if (raw.length !== size)
      throw this.error(
        `${size} bytes (${this.dtype} [${this.dims.join(', ')}])`,
        `${raw.length}`,
        'The file is damaged: fetch or export it again.',
      );
    const aligned = raw.byteOffset % kind.unit === 0 ? raw : new Uint8Array(raw);
    return kind.view(aligned.buffer, aligned.byteOffset, size / kind.unit);
  }

  private externalBytes({ location, offset, length }: ExternalLocation, size: number): Uint8Array {
    const file = this.files.get(location);
    if (file === undefined)
      throw this.error(
        `the file "${location}" that holds its values`,
        'none',
        'Keep that file beside the model, or pass its bytes as external data.',
      );
    const end = offset + (length ?? size);
    if (end > file.length)
      throw this.error(
        `at least ${end} bytes in "${location}"`,
        `${file.length}`,
        'Fetch or export model and weights again.',
      );
    return file.subarray(offset, end);
  }

  private error(expected: string, got: string, advice: string): CamError {
    return new CamError(
      'model',
      `${this.where}: tensor "${this.name}": expected ${expected}, got ${got}. ${advice}`,
    );
  }
}

/** Reads a TensorProto without its values. */
export function readTensor(r: WireReader, files: ExternalData): ConstantTensor {
  const { where } = r;
  const proto = r.view();
  const dims: number[] = [];
  const entries = new Map<string, string>();
  let name = '';
  let code = 0;
  let isExternal = false;
  while (r.next()) {
    if (r.field === DIMS) r.ints(dims);
    else if (r.field === DATA_TYPE) code = r.int();
    else if (r.field === NAME) name = r.string();
    else if (r.field === EXTERNAL_DATA) readEntry(r.message(), entries);
    else if (r.field === DATA_LOCATION) isExternal = r.int() === 1;
    else r.skip();
  }
  if (dims.some((dim) => !(dim >= 0 && dim <= Number.MAX_SAFE_INTEGER)))
    throw new CamError(
      'model',
      `${where}: tensor "${name}": expected lengths of at least 0, got [${dims.join(', ')}]. The file is damaged: fetch or export it again.`,
    );
  const external = isExternal ? externalLocation(where, name, entries) : undefined;
  return new StoredTensor(name, dataTypes[code] ?? 'undefined', dims, external, proto, where, files);
}

/** Adds one StringStringEntryProto. */
export function readEntry(r: WireReader, into: Map<string, string>): void {
  let key = '';
  let value = '';
  while (r.next()) {
    if (r.field === 1) key = r.string();
    else if (r.field === 2) value = r.string();
    else r.skip();
  }
  into.set(key, value);
}

function externalLocation(
  where: string,
  name: string,
  entries: ReadonlyMap<string, string>,
): ExternalLocation {
  const location = entries.get('location') ?? '';
  const offset = wholeNumber(entries.get('offset') ?? '0');
  const stated = entries.get('length');
  const length = stated === undefined ? undefined : wholeNumber(stated);
  const sizes = [offset, length ?? 0];
  // A model must not be able to name files outside its own folder.
  const escapes = location === '' || /^([/\\]|[A-Za-z]:)|(^|[/\\])\.\.([/\\]|$)/.test(location);
  if (escapes || sizes.some((n) => !Number.isSafeInteger(n) || n < 0))
    throw new CamError(
      'model',
      `${where}: tensor "${name}": expected external values in a file beside the model, got location "${location}", offset ${offset}, length ${length ?? 'unstated'}. Export the model again.`,
    );
  return length === undefined ? { location, offset } : { location, offset, length };
}

/** Digits alone, as in runtimes. */
const wholeNumber = (text: string): number => (/^\d+$/.test(text) ? Number(text) : Number.NaN);

/**
 * The value fields of a TensorProto: bytes in the element type's own layout, or integers still to be
 * narrowed.
 */
function storedValues({ proto, name }: ConstantTensor): Uint8Array | Integers {
  const r = new WireReader(`tensor "${name}"`, proto, 0, proto.length, false);
  const chunks: Uint8Array[] = [];
  const small: number[] = [];
  const large: bigint[] = [];
  while (r.next()) {
    if (r.field === RAW_DATA) return r.bytes();
    if (r.field === FLOAT_DATA) chunks.push(r.fixed(4));
    else if (r.field === DOUBLE_DATA) chunks.push(r.fixed(8));
    else if (r.field === INT32_DATA) r.ints(small);
    else if (r.field === INT64_DATA || r.field === UINT64_DATA) r.bigints(large);
    else r.skip();
  }
  if (small.length > 0) return small;
  if (large.length > 0) return large;
  return chunks.length === 1 ? chunks[0]! : concatBytes(chunks);
}

/** The memory behind a typed array, as bytes. */
export function bytesOf(values: TensorValues): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}
