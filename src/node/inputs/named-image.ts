/** Images by their names: paths and URLs. */
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CamError, type CamErrorCode } from '../../errors.js';
import type { InputTensor, Picture } from '../../types.js';
import { decodeFile, decodePicture } from './decode.js';
import { openNpyImages, readNpyImage } from './npy.js';

/** The address that a name means: a path, or a URL to fetch. */
export type Address = { readonly path: string } | { readonly url: URL };

/** Maximum length of a name in an error: a `data:` URL contains a whole file. */
const LONGEST = 200;

/**
 * The address that a string or URL means. A string is a path unless it starts with `http:`, `https:`, `data:`
 * or `file:`.
 * @param what  What the address names, for errors.
 * @throws {CamError} `code` for an empty string and for other URLs.
 */
export function addressOf(source: string | URL, what: string, code: CamErrorCode): Address {
  const refuse = (why: string, cause?: unknown): never => {
    const quoted = String(source).slice(0, LONGEST);
    throw new CamError(code, `${what}: expected a path or a URL, got "${quoted}"${why}.`, { cause });
  };
  if (source === '') return refuse('');
  if (typeof source === 'string' && !/^(https?|data|file):/i.test(source)) return { path: source };
  try {
    const url = new URL(source);
    if (url.protocol === 'file:') return { path: fileURLToPath(url) };
    if (['http:', 'https:', 'data:'].includes(url.protocol)) return { url };
  } catch (error) {
    return refuse(` (${error instanceof Error ? error.message : String(error)})`, error);
  }
  return refuse(': only http, https, data and file are read');
}

async function fetched(url: URL): Promise<Uint8Array> {
  const name = nameOf({ url });
  const response = await fetch(url).catch((cause: Error) => {
    const { message } = cause.cause instanceof Error ? cause.cause : cause;
    throw new CamError('input', `${name}: could not be fetched: ${message}.`, { cause });
  });
  if (!response.ok) throw new CamError('input', `${name}: could not be fetched: status ${response.status}.`);
  return new Uint8Array(await response.arrayBuffer());
}

const nameOf = (address: Address): string =>
  'path' in address ? address.path : address.url.protocol === 'data:' ? 'data URL' : address.url.href;

/** An image by its name. A fetched image is kept in memory; a file is read again. */
export interface NamedImage {
  /** For messages. */
  readonly name: string;
  /** Missing for a fetched image. */
  readonly path?: string;
  /** @throws {CamError} `input` */
  read(): Promise<Picture | InputTensor>;
}

/** @throws {CamError} `input` where the name is not a valid path or URL. */
export function namedImage(source: string | URL): NamedImage {
  const address = addressOf(source, 'image', 'input');
  const name = nameOf(address);
  if ('path' in address) return { name, path: address.path, read: () => readFile(address.path) };
  let bytes: Promise<Uint8Array> | undefined;
  return {
    name,
    read: async () => {
      bytes ??= fetched(address.url);
      return decodePicture(await bytes, name);
    },
  };
}

async function readFile(path: string): Promise<Picture | InputTensor> {
  if (extname(path).toLowerCase() !== '.npy') return decodeFile(path);
  const images = await openNpyImages(path);
  if (images.count === 1) return readNpyImage(images, 0);
  throw new CamError(
    'input',
    `${path}: expected one image, got ${images.count}. Read them one by one: readNpyImage of onnx-cam/node.`,
  );
}
