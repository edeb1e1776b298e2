import type { Metadata } from 'sharp';
import { CamError } from '../../errors.js';
import type { OpaquePicture } from '../../image/index.js';
import type { Picture } from '../../types.js';
import { reason } from '../files/files.js';
import { libraryReason, libvips } from './libvips.js';
import { openBytes, type PictureBytes, type PictureFile } from './picture-bytes.js';
import { type PictureSize, quickSize } from './picture-size.js';

/** Extensions of the picture files that are read, lower case. */
export const pictureExtensions: ReadonlySet<string> = new Set([
  '.jpg',
  '.jpeg',
  '.png',
  '.webp',
  '.tif',
  '.tiff',
  '.gif',
  '.avif',
]);

/** Whether a file's format is one that `pictureExtensions` names. The file's own name does not matter. */
const isSupported = ({ format, compression }: Metadata): boolean =>
  ['jpeg', 'png', 'webp', 'tiff', 'gif', 'avif'].includes(format) ||
  (format === 'heif' && compression === 'av1');

/** 100 megapixels: 400 MB of RGBA, and as much again for an overlay. */
const MAX_PIXELS = 100e6;

function refuse(name: string, message: string, cause?: unknown): never {
  throw new CamError('input', `${name}: ${message}`, cause === undefined ? undefined : { cause });
}

export const HEIC =
  'expected a picture (JPEG, PNG, WebP, TIFF, GIF, AVIF), got HEIC, as phones write it. Convert it to JPEG first.';

/** Whether a file is HEIF with HEVC inside. */
const isHeic = (bytes: Uint8Array): boolean =>
  /^ftyphe(ic|ix|vc|vx)/.test(Buffer.from(bytes.subarray(4, 12)).toString('latin1'));

/** The header, read by the decoder. Throws `CamError` `input` for a file that is not a supported picture. */
async function readHeader(bytes: Uint8Array, name: string): Promise<Metadata> {
  const sharp = await libvips();
  let header: Metadata;
  try {
    header = await sharp(bytes, { failOn: 'error', limitInputPixels: false }).metadata();
  } catch (error) {
    if (isHeic(bytes)) refuse(name, HEIC, error);
    refuse(name, `expected a picture (JPEG, PNG, WebP, TIFF, GIF, AVIF): ${libraryReason(error)}.`, error);
  }
  if (!isSupported(header)) {
    if (isHeic(bytes)) refuse(name, HEIC);
    refuse(
      name,
      `expected a picture (JPEG, PNG, WebP, TIFF, GIF, AVIF), got ${header.format.toUpperCase()}.`,
    );
  }
  return header;
}

/** A picture's size, found before anything is decoded. Throws as `readHeader` does, and for an empty file. */
async function pictureSize(bytes: Uint8Array, name: string): Promise<PictureSize> {
  if (bytes.length === 0) refuse(name, 'expected a picture, got an empty file (0 bytes).');
  const quick = quickSize(bytes);
  // The decoder is asked before a picture is refused for its size: the header may be damaged.
  return quick && quick.width * quick.height <= MAX_PIXELS ? quick : readHeader(bytes, name);
}

/**
 * Opaque RGBA from RGB. The decoder could add the channel, but its extra pass takes a fifth of the whole time
 * for small pictures. Here four pixels at a time are made from three words.
 */
export function withAlpha(rgb: Uint8Array, pixels: number): Uint8Array {
  const opaque = 0xff << 24;
  // Signed, and each word in a variable of its own: numbers beyond 31 bits, and elements of an array of
  // three, would be allocated on the heap.
  const rgba = new Int32Array(pixels);
  const aligned = rgb.byteOffset % 4 === 0 ? rgb : rgb.slice();
  const words = new Int32Array(aligned.buffer, aligned.byteOffset, aligned.length >> 2);
  const fours = pixels - (pixels % 4);
  for (let from = 0, to = 0; to < fours; from += 3, to += 4) {
    const a = words[from];
    const b = words[from + 1];
    const c = words[from + 2];
    rgba[to] = a | opaque;
    rgba[to + 1] = (a >>> 24) | (b << 8) | opaque;
    rgba[to + 2] = (b >>> 16) | (c << 16) | opaque;
    rgba[to + 3] = (c >>> 8) | opaque;
  }
  for (let to = fours; to < pixels; to++)
    rgba[to] = rgb[3 * to] | (rgb[3 * to + 1] << 8) | (rgb[3 * to + 2] << 16) | opaque;
  return new Uint8Array(rgba.buffer);
}

/** A picture whose RGBA is made when it is first read: the network does not need it. */
function opaquePicture(rgb: Uint8Array, width: number, height: number): OpaquePicture {
  let pixels = rgb;
  let looked = false;
  return {
    width,
    height,
    get data() {
      if (!looked) pixels = withAlpha(pixels, width * height);
      looked = true;
      return pixels;
    },
    // Defined after `data`: code that copies all properties of the picture must not get colours of its own.
    get rgb() {
      return looked ? undefined : pixels;
    },
  };
}

function expectDecodable({ width, height }: PictureSize, name: string): void {
  if (width * height <= MAX_PIXELS) return;
  const got = `${width} × ${height} (${Math.round((width * height) / 1e6)} megapixels)`;
  refuse(
    name,
    `expected at most 100 megapixels (what fits in memory with its overlay), got ${got}. Make it smaller first.`,
  );
}

async function decodeBytes(bytes: Uint8Array, size: PictureSize, name: string): Promise<Picture> {
  expectDecodable(size, name);
  const sharp = await libvips();
  // `failOn: error` refuses truncated data but accepts harmless oddities that every viewer shows.
  const decoded = await sharp(bytes, { failOn: 'error', limitInputPixels: MAX_PIXELS })
    .autoOrient()
    .toColourspace('srgb')
    .raw({ depth: 'uchar' })
    .toBuffer({ resolveWithObject: true })
    .catch(async (error: unknown) => {
      // The decoder may refuse a header whose size could be read. Its reason is the better one.
      await readHeader(bytes, name);
      refuse(name, `the picture is damaged: ${libraryReason(error)}.`, error);
    });
  const { width, height, channels } = decoded.info;
  const values = new Uint8Array(decoded.data.buffer, decoded.data.byteOffset, decoded.data.length);
  if (channels === 4) return { data: values, width, height };
  if (channels === 3) return opaquePicture(values, width, height);
  refuse(name, `expected a picture of 1 to 4 channels, got ${channels}.`);
}

/**
 * Decodes a JPEG, PNG, WebP, TIFF, GIF (first frame) or AVIF to upright RGBA, 8 bits. EXIF orientation is
 * applied, grey becomes RGB, 16 bits become 8, CMYK and embedded profiles become sRGB, transparency is kept.
 * @param bytes  The file's content.
 * @param name   The picture's name, for errors.
 * @throws {CamError} `input`: a file that is empty, damaged or not a picture, or has more than 100 megapixels
 *   (found in the header, before anything is decoded).
 */
export async function decodePicture(bytes: Uint8Array, name: string): Promise<Picture> {
  return decodeBytes(bytes, await pictureSize(bytes, name), name);
}

/** A picture whose size is known, so that the memory for decoding can be budgeted. */
export interface OpenedPicture {
  /** Width × height. Decoded, a pixel takes 3 bytes; 7 while RGBA is made from them, then 4. */
  readonly pixels: number;
  /** As `decodePicture`. */
  readonly decode: () => Promise<Picture>;
}

/** The first bytes of the supported formats, as far as they identify a picture. */
const beginnings = [
  /^\xff\xd8/,
  /^\x89PNG/,
  /^RIFF.{4}WEBP/s,
  /^II[*+]\0/,
  /^MM\0[*+]/,
  /^GIF8/,
  /^.{4}ftyp/s,
] as const;

/**
 * A picture's size from its first bytes. The rest is read only where the file starts like a picture and these
 * bytes do not contain the size.
 */
async function sizeByStart({ start, isWhole, whole }: PictureBytes, name: string): Promise<PictureSize> {
  if (isWhole) return pictureSize(start, name);
  const text = Buffer.from(start.buffer, start.byteOffset, Math.min(start.length, 16)).toString('latin1');
  try {
    return await pictureSize(start, name);
  } catch (error) {
    if (!beginnings.some((beginning) => beginning.test(text))) throw error;
    return whole((bytes) => pictureSize(bytes, name));
  }
}

/**
 * Reads a picture's header. A large picture is read completely only when it is decoded.
 * @throws {CamError} `input`, naming the picture: a file that cannot be read, is empty or has no picture
 *   header.
 */
export async function openPicture(picture: PictureFile): Promise<OpenedPicture> {
  const { path } = picture;
  const unread = (error: unknown): never => {
    if (error instanceof CamError) throw error;
    refuse(path, `could not be read: ${reason(error)}.`, error);
  };
  const bytes = await openBytes(picture).catch(unread);
  const size = await sizeByStart(bytes, path).catch(unread);
  expectDecodable(size, path);
  return {
    pixels: size.width * size.height,
    decode: () => bytes.whole((all) => decodeBytes(all, size, path)).catch(unread),
  };
}

/** Reads and decodes a picture. Throws as `openPicture` and `decodePicture` do. */
export async function decodeInput(picture: PictureFile): Promise<Picture> {
  return (await openPicture(picture)).decode();
}

/**
 * Reads and decodes a picture file. Throws as `decodePicture` does, and for a file that cannot be read;
 * errors name the file.
 */
export const decodeFile = (path: string): Promise<Picture> => decodeInput({ path });
