/** What is handed over to be explained: which of it is one image, and what is none. */
import { CamError } from '../errors.js';
import { described } from '../names.js';
import type { InputTensor, Picture } from '../types.js';

/** One image: decoded, or as a tensor; in Node also its path or URL. */
export type ImageSource = Picture | InputTensor | string | URL;

/** Reads an image by its path or URL. */
export type ReadImage = (source: string | URL) => Promise<Picture | InputTensor>;

const EXPECTED =
  'a picture (ImageData, { data, width, height }), a tensor { data: Float32Array, shape }, or in Node a path or URL';

/** Whether this is to be taken as one image, good or bad, and not as several. */
export const isOne = (source: unknown): boolean =>
  typeof source !== 'object' ||
  source === null ||
  source instanceof URL ||
  ArrayBuffer.isView(source) ||
  !(Symbol.iterator in source || Symbol.asyncIterator in source);

/** One image as a list of it. @throws {CamError} `input` for an async iterable, which only `stream` takes. */
export function listOf(source: unknown): unknown[] {
  if (isOne(source)) return [source];
  const images = source as Iterable<unknown> | AsyncIterable<unknown>;
  if (Symbol.iterator in images) return [...images];
  throw new CamError(
    'input',
    `explain: expected an image or an array of images, got ${described(source)}. Pass it to stream.`,
  );
}

/** Where nothing can be read by name. */
export const readNothing: ReadImage = (source) =>
  Promise.reject(
    new CamError(
      'input',
      `image: expected pixels, got the name "${String(source).slice(0, 200)}". Paths and URLs are read in Node alone: fetch and decode it, and pass the ImageData.`,
    ),
  );

/**
 * Makes an image of what was handed over.
 * @param image  Its position, for errors.
 * @throws {CamError} `input` for what is none; what `read` throws.
 */
export async function toImage(
  source: unknown,
  image: number,
  read: ReadImage,
): Promise<Picture | InputTensor> {
  if (typeof source === 'string' || source instanceof URL) return read(source);
  if (typeof source === 'object' && source !== null) {
    // `data` would be made by looking at it.
    if ('rgb' in source && 'width' in source) return source as unknown as Picture;
    const { data, shape, width, height } = source as Record<string, unknown>;
    if (data instanceof Float32Array && Array.isArray(shape)) return { data, shape };
    const bytes = data instanceof Uint8Array || data instanceof Uint8ClampedArray;
    if (bytes && shape === undefined && typeof width === 'number' && typeof height === 'number')
      return source as Picture;
  }
  throw new CamError('input', `image ${image}: expected ${EXPECTED}, got ${got(source)}.${advice(source)}`);
}

/** What it is; of what is nearly an image, the field that is not as it should be. */
function got(source: unknown): string {
  if (typeof source !== 'object' || source === null) return described(source);
  const { data, shape, width, height } = source as Record<string, unknown>;
  if (data === undefined || ArrayBuffer.isView(source)) return described(source);
  const rest = shape === undefined ? { width, height } : { shape };
  const fields = Object.entries({ data, ...rest });
  return `{ ${fields.map(([name, value]) => `${name}: ${described(value)}`).join(', ')} }`;
}

function advice(source: unknown): string {
  const name = Object.getPrototypeOf(Object(source))?.constructor?.name ?? '';
  if (ArrayBuffer.isView(source) || source instanceof ArrayBuffer)
    return ' Decode the bytes first: decodePicture(bytes, name) of onnx-cam/node, in a browser createImageBitmap.';
  if (/^(HTML|ImageBitmap|OffscreenCanvas|Blob|File)/.test(name))
    return ' Draw it on a canvas, and pass what getImageData gives.';
  return '';
}
