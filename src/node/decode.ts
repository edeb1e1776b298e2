import { readFile } from 'node:fs/promises';
import sharp, { type Metadata } from 'sharp';
import { CamError } from '../errors.js';
import type { Picture } from '../types.js';
import { reason } from './files.js';

/** Endings of the picture files that are read, lower case. */
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

/** Whether a file is of a kind that `pictureExtensions` names, whatever its own name says. */
const isSupported = ({ format, compression }: Metadata): boolean =>
  ['jpeg', 'png', 'webp', 'tiff', 'gif', 'avif'].includes(format) ||
  (format === 'heif' && compression === 'av1');

/** 100 megapixels: 400 MB of RGBA, and as much again for an overlay. */
const MAX_PIXELS = 100e6;

/** What libvips says, on one line and without its own prefix. */
function libraryReason(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.split('\n')[0].trim().replace(/\.$/, '');
}

function refuse(name: string, message: string, cause?: unknown): never {
  throw new CamError('input', `${name}: ${message}`, cause === undefined ? undefined : { cause });
}

/**
 * Decodes a JPEG, PNG, WebP, TIFF, GIF (first frame) or AVIF to upright RGBA, 8 bits: EXIF orientation is applied, grey becomes
 * RGB, 16 bits become 8, CMYK and embedded profiles become sRGB, transparency is kept.
 *
 * @param bytes  The file's content.
 * @param name   Names the picture in errors.
 * @throws {CamError} `input`: an empty file, one that is no picture or is damaged, or more than 100 megapixels (seen in the header,
 *   before anything is decoded).
 */
export async function decodePicture(bytes: Uint8Array, name: string): Promise<Picture> {
  if (bytes.length === 0) refuse(name, 'expected a picture, got an empty file (0 bytes).');
  // `failOn: error` refuses truncated data but lets harmless oddities pass that every viewer shows.
  const image = sharp(bytes, { failOn: 'error', limitInputPixels: false });
  let header: Metadata;
  try {
    header = await image.metadata();
  } catch (error) {
    refuse(name, `expected a picture (JPEG, PNG, WebP, TIFF, GIF, AVIF): ${libraryReason(error)}.`, error);
  }
  if (!isSupported(header)) {
    refuse(
      name,
      `expected a picture (JPEG, PNG, WebP, TIFF, GIF, AVIF), got ${header.format.toUpperCase()}.`,
    );
  }
  const { width, height } = header;
  if (width * height > MAX_PIXELS) {
    const size = `${width} × ${height} (${Math.round((width * height) / 1e6)} megapixels)`;
    refuse(
      name,
      `expected at most 100 megapixels (what fits in memory with its overlay), got ${size}. Make it smaller first.`,
    );
  }
  try {
    const { data, info } = await image
      .autoOrient()
      .toColourspace('srgb')
      .ensureAlpha()
      .raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true });
    return {
      data: new Uint8Array(data.buffer, data.byteOffset, data.length),
      width: info.width,
      height: info.height,
    };
  } catch (error) {
    refuse(name, `the picture is damaged: ${libraryReason(error)}.`, error);
  }
}

/** Pixels of a picture file by its header; 0 for one that cannot be read. */
export async function pixelsOfFile(path: string): Promise<number> {
  try {
    const { width, height } = await sharp(path, { limitInputPixels: false }).metadata();
    return width * height;
  } catch {
    return 0;
  }
}

/** Reads and decodes a picture file; errors name the file. Throws as `decodePicture` does, and for a file that cannot be read. */
export async function decodeFile(path: string): Promise<Picture> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(path);
  } catch (error) {
    refuse(path, `could not be read: ${reason(error)}.`, error);
  }
  return decodePicture(bytes, path);
}

/** A picture as PNG. */
export async function encodePng(picture: Picture): Promise<Uint8Array> {
  const { data, width, height } = picture;
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  const image = sharp(bytes, { raw: { width, height, channels: 4 }, limitInputPixels: false });
  const opaque = isOpaque(data);
  return (opaque ? image.removeAlpha() : image).png({ compressionLevel: 6 }).toBuffer();
}

function isOpaque(data: Uint8Array | Uint8ClampedArray): boolean {
  for (let i = 3; i < data.length; i += 4) if (data[i] !== 255) return false;
  return true;
}

/** A picture as a JPEG of at most `side × side` pixels, on white, for reports. */
export async function encodeThumbnail(picture: Picture, side: number): Promise<Uint8Array> {
  const { data, width, height } = picture;
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  return sharp(bytes, { raw: { width, height, channels: 4 }, limitInputPixels: false })
    .flatten({ background: '#ffffff' })
    .resize(side, side, { fit: 'inside', withoutEnlargement: true })
    .jpeg({ quality: 82 })
    .toBuffer();
}
