import type { FileHandle } from 'node:fs/promises';
import { CamError } from '../../errors.js';
import { MAX_PICTURE } from '../../onnx/limits.js';
import type { InputTensor } from '../../types.js';
import { reason } from '../files/files.js';
import { openRegular } from '../files/regular-file.js';
import { MAX_IMAGES } from './limits.js';
import { parseNpyHeader } from './npy-header.js';

/** An array in a `.npy` file: little-endian float32, C order. */
export interface NpyInfo {
  readonly path: string;
  readonly shape: readonly number[];
  /** Byte offset of the values. */
  readonly offset: number;
}

const MAGIC = '\x93NUMPY';

/** Maximum length of a header; NumPy's own limit is 10,000 for untrusted files. */
const HEADER_LIMIT = 65536;

const typeNames: ReadonlyMap<string, string> = new Map([
  ['f2', 'float16'],
  ['f4', 'float32'],
  ['f8', 'float64'],
  ['u1', 'uint8'],
  ['i1', 'int8'],
  ['u2', 'uint16'],
  ['i2', 'int16'],
  ['u4', 'uint32'],
  ['i4', 'int32'],
  ['u8', 'uint64'],
  ['i8', 'int64'],
  ['b1', 'bool'],
  ['c8', 'complex64'],
  ['c16', 'complex128'],
]);

function refuse(path: string, message: string): never {
  throw new CamError('input', `${path}: ${message}`);
}

function checkType(path: string, descr: string | undefined): void {
  if (descr === undefined) refuse(path, "expected one float32 type ('<f4'), got a record.");
  const type = descr.slice(1);
  if (type !== 'f4') {
    const known = typeNames.get(type);
    const name = known ? `${known} ('${descr}')` : `'${descr}'`;
    refuse(path, `expected float32 values ('<f4'), got ${name}. Save it with array.astype('<f4').`);
  }
  if (descr[0] === '>') {
    refuse(
      path,
      "expected little-endian float32 ('<f4'), got big-endian ('>f4'). Save it with array.astype('<f4').",
    );
  }
}

function parseHeader(path: string, text: string): readonly number[] {
  const header = parseNpyHeader(text);
  if (!header) {
    refuse(
      path,
      "expected a header with 'descr', 'fortran_order' and 'shape', got a damaged one. Save it again with numpy.save.",
    );
  }
  checkType(path, header.descr);
  if (header.fortranOrder) {
    refuse(
      path,
      'expected C order (last axis contiguous), got Fortran order. Save it with numpy.ascontiguousarray(array).',
    );
  }
  return header.shape;
}

/** Reads `length` bytes at `position`; fewer only at the end of the file. */
async function readAt(file: FileHandle, target: Uint8Array, position: number): Promise<number> {
  let done = 0;
  while (done < target.length) {
    const { bytesRead } = await file.read(target, done, target.length - done, position + done);
    if (bytesRead === 0) break;
    done += bytesRead;
  }
  return done;
}

async function withFile<T>(path: string, use: (file: FileHandle) => Promise<T>): Promise<T> {
  let file: FileHandle;
  try {
    file = await openRegular(path);
  } catch (error) {
    throw new CamError('input', `${path}: could not be read: ${reason(error)}.`, { cause: error });
  }
  try {
    return await use(file);
  } finally {
    await file.close();
  }
}

/**
 * Reads the header of a `.npy` file (versions 1 to 3).
 * @throws {CamError} `input` for anything but little-endian float32 in C order with all of its values. The
 *   message says how to save the array.
 */
export function readNpyInfo(path: string): Promise<NpyInfo> {
  return withFile(path, async (file) => {
    const start = new Uint8Array(12);
    const got = await readAt(file, start, 0);
    if (got < 10 || Buffer.from(start.buffer, 0, 6).toString('latin1') !== MAGIC) {
      refuse(path, `expected a NumPy .npy file, got ${got === 0 ? 'an empty file' : 'something else'}.`);
    }
    const view = new DataView(start.buffer);
    const version = start[6];
    const at = version === 1 ? 10 : 12;
    const length = version === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
    if (version < 1 || version > 3) refuse(path, `expected .npy version 1, 2 or 3, got ${version}.`);
    if (length > HEADER_LIMIT)
      refuse(path, `expected a header of at most ${HEADER_LIMIT} bytes, got ${length}.`);
    const header = new Uint8Array(length);
    if ((await readAt(file, header, at)) < length) refuse(path, 'the file ends inside its header.');
    const shape = parseHeader(path, new TextDecoder().decode(header));
    const want = shape.reduce((product, d) => product * d, 4);
    if (!Number.isSafeInteger(want))
      refuse(path, `expected a shape that a file can hold, got [${shape.join(', ')}].`);
    const have = (await file.stat()).size - at - length;
    if (have !== want) {
      refuse(path, `expected ${want} bytes of values (shape [${shape.join(', ')}]), got ${have}.`);
    }
    return { path, shape, offset: at + length };
  });
}

/** Reads `count` values, starting with value `first`. */
async function readValues(info: NpyInfo, first: number, count: number): Promise<Float32Array> {
  return withFile(info.path, async (file) => {
    const values = new Float32Array(count);
    const got = await readAt(file, new Uint8Array(values.buffer), info.offset + 4 * first);
    if (got < 4 * count) refuse(info.path, 'the file became shorter while it was read.');
    return values;
  });
}

/** Reads a whole array. Throws as `readNpyInfo` does. */
export async function readNpy(path: string): Promise<InputTensor> {
  const info = await readNpyInfo(path);
  const size = info.shape.reduce((product, d) => product * d, 1);
  return { data: await readValues(info, 0, size), shape: info.shape };
}

/** A `.npy` file of normalised images. */
export interface NpyImages extends NpyInfo {
  readonly count: number;
  /** `[C, H, W]`. */
  readonly imageShape: readonly [number, number, number];
}

/**
 * Opens a `.npy` file as the model's input: `[n, C, H, W]` or `[C, H, W]`, with any number of channels C. No
 * value is read yet.
 * @throws {CamError} `input` as `readNpyInfo` does, and for other shapes.
 */
export async function openNpyImages(path: string): Promise<NpyImages> {
  const info = await readNpyInfo(path);
  const { shape } = info;
  const [count, c, h, w] = shape.length === 3 ? [1, ...shape] : shape;
  if (shape.length > 4 || count === undefined || c === undefined || h === undefined || w === undefined)
    refuse(
      path,
      `expected shape [n, C, H, W] or [C, H, W] (C channels, as many as the model takes), got [${shape.join(', ')}].`,
    );
  if (shape.includes(0))
    refuse(path, `expected at least one image and one pixel, got shape [${shape.join(', ')}].`);
  if (count > MAX_IMAGES)
    refuse(path, `expected at most ${MAX_IMAGES} images in a file, got ${count}. Split it.`);
  if (c * h * w > MAX_PICTURE)
    refuse(path, `expected images of at most ${MAX_PICTURE} values, got shape [${shape.join(', ')}].`);
  return { ...info, count, imageShape: [c, h, w] };
}

/** Reads one image, `[C, H, W]`. */
export async function readNpyImage(images: NpyImages, index: number): Promise<InputTensor> {
  const [c, h, w] = images.imageShape;
  return { data: await readValues(images, index * c * h * w, c * h * w), shape: images.imageShape };
}

/**
 * Header of a version-1 file of little-endian float32 in C order. The values follow it, aligned to 64 bytes
 * as NumPy writes them.
 */
export function npyHeader(shape: readonly number[]): Uint8Array {
  const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(', ')})`;
  const text = `{'descr': '<f4', 'fortran_order': False, 'shape': ${tuple}, }`;
  const total = Math.ceil((10 + text.length + 1) / 64) * 64;
  const header = Buffer.alloc(total, ' ');
  header.write(MAGIC, 0, 'latin1');
  header[6] = 1;
  header[7] = 0;
  header.writeUInt16LE(total - 10, 8);
  header.write(text, 10, 'latin1');
  header[total - 1] = 0x0a;
  return header;
}
