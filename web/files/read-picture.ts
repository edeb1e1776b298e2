/** Picture files as pixels. */
import { type Shown, shownOf } from './shown.js';

/** Pixels that browsers decode and draw for certain. */
const MOST_DECODED = 268_435_456;
/** Longer side of a drawing that gives no size of its own, pixels. */
const DRAWN = 1024;

const isSvg = (file: Blob, name: string): boolean =>
  file.type === 'image/svg+xml' || name.toLowerCase().endsWith('.svg');

/**
 * Decodes a picture file, upright, its pixels as they are stored (no colour management, as in most training).
 * @throws {Error} for what the browser cannot read as a picture.
 */
export async function readPicture(file: Blob, name: string): Promise<Shown> {
  if (isSvg(file, name)) return readDrawing(file, name);
  const bitmap = await createImageBitmap(file, {
    colorSpaceConversion: 'none',
    premultiplyAlpha: 'none',
  }).catch((cause: unknown) => {
    throw new Error(unreadable(name, file), { cause });
  });
  try {
    const { width, height } = bitmap;
    if (width * height > MOST_DECODED)
      throw new Error(
        `${name}: ${width} × ${height} pixels are more than a browser can draw. Save it smaller, and drop it again.`,
      );
    return shownOf(bitmap, [width, height], name, 'file');
  } finally {
    bitmap.close();
  }
}

function unreadable(name: string, { size }: Blob): string {
  if (size === 0) return `${name}: the file is empty.`;
  if (/\.(heic|heif|tiff?|raw|cr2|nef|dng|psd)$/i.test(name))
    return `${name}: this browser cannot read this kind of picture. Save it as JPEG or PNG, and drop it again.`;
  return `${name}: expected a picture that this browser can read (PNG, JPEG, WebP, AVIF, GIF or SVG).`;
}

/** An SVG, drawn. The browser loads nothing that it refers to, and runs no script of it. */
async function readDrawing(file: Blob, name: string): Promise<Shown> {
  const address = URL.createObjectURL(new Blob([file], { type: 'image/svg+xml' }));
  try {
    const image = new Image();
    image.src = address;
    await image.decode().catch((cause: unknown) => {
      throw new Error(`${name}: expected a drawing that this browser can read (SVG).`, { cause });
    });
    const { naturalWidth: width, naturalHeight: height } = image;
    if (!(width > 0 && height > 0))
      throw new Error(`${name}: the drawing has no size. Give its <svg> a width and a height.`);
    const factor = DRAWN / Math.max(width, height);
    const size = [width, height].map((length) => Math.max(1, Math.round(length * factor)));
    return shownOf(image, [size[0], size[1]], name, 'file');
  } finally {
    URL.revokeObjectURL(address);
  }
}
