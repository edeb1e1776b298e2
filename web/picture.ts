/** Pictures from files, the clipboard, images and cameras. */
import type { Picture } from '../src/index.js';
import { context2d } from './dom.js';

/** A picture, the name its downloads get, and a copy of a tile's size, to be drawn on at every change. */
export interface Shown {
  readonly picture: Picture;
  readonly stem: string;
  readonly small: Picture;
}

/** Longer side of the copy, pixels: small pictures are enlarged, so that lines on them are fine. */
const TILE = 512;
/** The same of a camera's frames: a larger one would cost more frames than it shows detail. */
const FRAME = 384;

function pixels(source: CanvasImageSource, width: number, height: number): Picture {
  const context = context2d(Object.assign(document.createElement('canvas'), { width, height }));
  context.imageSmoothingQuality = 'high';
  context.drawImage(source, 0, 0, width, height);
  return context.getImageData(0, 0, width, height);
}

/** `width` and `height` with the longer of them `side`. */
function scaled(width: number, height: number, side: number): [number, number] {
  const factor = side / Math.max(width, height);
  return [Math.max(1, Math.round(width * factor)), Math.max(1, Math.round(height * factor))];
}

/** Reads what a canvas can draw, of `width × height` pixels. */
export function shown(source: CanvasImageSource, width: number, height: number, stem: string): Shown {
  return {
    picture: pixels(source, width, height),
    stem,
    small: pixels(source, ...scaled(width, height, TILE)),
  };
}

/** Reads one frame of a video, reduced: what is explained is what is drawn on. */
export function frameOf(video: HTMLVideoElement, stem: string): Shown {
  const picture = pixels(video, ...scaled(video.videoWidth, video.videoHeight, FRAME));
  return { picture, stem, small: picture };
}

/**
 * Decodes a picture file, upright, its pixels as they are stored (no colour management, as in most training).
 * @throws {Error} for what the browser cannot read as a picture.
 */
export async function readPicture(file: Blob, name: string): Promise<Shown> {
  const bitmap = await createImageBitmap(file, {
    colorSpaceConversion: 'none',
    premultiplyAlpha: 'none',
  }).catch((cause: unknown) => {
    throw new Error(`${name}: expected a picture that this browser can read (PNG, JPEG, WebP, …).`, {
      cause,
    });
  });
  try {
    return shown(bitmap, bitmap.width, bitmap.height, name.replace(/\.[^.]*$/, ''));
  } finally {
    bitmap.close();
  }
}

export function paint(canvas: HTMLCanvasElement, { data, width, height }: Picture): void {
  canvas.width = width;
  canvas.height = height;
  context2d(canvas).putImageData(new ImageData(new Uint8ClampedArray(data), width, height), 0, 0);
}
