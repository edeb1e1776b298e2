import type { Sharp } from 'sharp';
import { CamError } from '../../errors.js';
import type { Picture } from '../../types.js';
import { libvips } from '../inputs/libvips.js';

/** Formats in which pictures are written, named by file extension. */
export const pictureFormats = ['png', 'jpg', 'webp'] as const;
export type PictureFormat = (typeof pictureFormats)[number];

/** High enough that a heat map's edges show no blocks. */
const QUALITY = 92;

async function raw({ data, width, height }: Picture) {
  const sharp = await libvips();
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  const image = sharp(bytes, { raw: { width, height, channels: 4 }, limitInputPixels: false });
  return isOpaque(data) ? image.removeAlpha() : image;
}

function isOpaque(data: Uint8Array | Uint8ClampedArray): boolean {
  for (let i = 3; i < data.length; i += 4) if (data[i] !== 255) return false;
  return true;
}

/** A picture as PNG. */
export async function encodePng(picture: Picture): Promise<Uint8Array> {
  return (await raw(picture)).png({ compressionLevel: 6 }).toBuffer();
}

/** Maximum width and height of a WebP and of a JPEG, pixels. */
const LONGEST = { webp: 16383, jpg: 65535 };

/**
 * A picture, encoded in `format`. JPEG has no transparency: there the background is white.
 * @throws {CamError} `output` for a picture that is too long for the format.
 */
export async function encodePicture(picture: Picture, format: PictureFormat): Promise<Uint8Array> {
  if (format === 'png') return encodePng(picture);
  const { width, height } = picture;
  if (Math.max(width, height) > LONGEST[format]) {
    throw new CamError(
      'output',
      `${format}: expected at most ${LONGEST[format]} pixels a side, got ${width} × ${height}. Take --format png.`,
    );
  }
  return withLoss(await raw(picture), format);
}

function withLoss(image: Sharp, format: Exclude<PictureFormat, 'png'>): Promise<Uint8Array> {
  if (format === 'webp') return image.webp({ quality: QUALITY }).toBuffer();
  return image
    .flatten({ background: '#ffffff' })
    .jpeg({ quality: QUALITY, chromaSubsampling: '4:4:4' })
    .toBuffer();
}

/** An SVG, encoded in `format` at one pixel per unit. */
export async function rasterise(svg: string, format: PictureFormat = 'png'): Promise<Uint8Array> {
  const sharp = await libvips();
  // Unlimited: the parser refuses long attributes, and embedded pictures are attributes.
  const image = sharp(Buffer.from(svg), { unlimited: true }).removeAlpha();
  if (format === 'png') return image.png({ compressionLevel: 6, adaptiveFiltering: true }).toBuffer();
  return withLoss(image, format);
}

/** A picture as a `data:` URL of a PNG. */
export async function dataUrl(picture: Picture): Promise<string> {
  const bytes = await (await raw(picture)).png({ compressionLevel: 1 }).toBuffer();
  return `data:image/png;base64,${bytes.toString('base64')}`;
}

/** A picture as a JPEG of at most `side × side` pixels, on white, for reports. */
export async function encodeThumbnail(picture: Picture, side: number): Promise<Uint8Array> {
  return (await raw(picture))
    .flatten({ background: '#ffffff' })
    .resize(side, side, { fit: 'inside', withoutEnlargement: true })
    .jpeg({ quality: 82 })
    .toBuffer();
}
