/** A picture on the page. */
import type { Picture } from '../../src/index.js';

export interface Shown {
  /** Its own among all pictures: names are not (a paste is always `image.png`). */
  readonly id: number;
  /** A file's name. */
  readonly name: string;
  /** The name without its ending. */
  readonly stem: string;
  readonly from: 'sample' | 'file' | 'camera';
  readonly picture: Picture;
  /** Pixels of the file, where `picture` has fewer. */
  readonly reducedFrom?: readonly [width: number, height: number];
  /** A copy to draw on at every change. */
  readonly small: Picture;
}

/** Longer side of the copy, pixels: small pictures are enlarged, so that lines on them are fine. */
const SMALL = 512;
/** The same of a camera's frames: a larger one would cost more frames than it shows detail. */
const FRAME = 384;
/** Pixels of a picture at most: 64 MB. Networks see a small part of these. */
const MOST_PIXELS = 16 << 20;

let last = 0;

export type Source = CanvasImageSource & (ImageBitmap | HTMLImageElement | HTMLVideoElement);

/** Reads what a canvas can draw, of `width × height` pixels; reduced where it is very large. */
export function shownOf(
  source: Source,
  [width, height]: readonly [number, number],
  name: string,
  from: Shown['from'],
): Shown {
  const factor = Math.min(1, Math.sqrt(MOST_PIXELS / (width * height)));
  const size = [width, height].map((length) => Math.max(1, Math.floor(length * factor)));
  const picture = pixels(source, size[0], size[1]);
  const shown = made(picture, pixels(source, ...scaled(width, height, SMALL)), name, from);
  return factor < 1 ? { ...shown, reducedFrom: [width, height] } : shown;
}

/** Reads one frame of a video, reduced: what is explained is what is drawn on. */
export function frameOf(video: HTMLVideoElement): Shown {
  const picture = pixels(video, ...scaled(video.videoWidth, video.videoHeight, FRAME));
  return made(picture, picture, 'camera.png', 'camera');
}

function made(picture: Picture, small: Picture, name: string, from: Shown['from']): Shown {
  return { id: ++last, name, stem: name.replace(/(?<=.)\.[^.]*$/, ''), from, picture, small };
}

function pixels(source: CanvasImageSource, width: number, height: number): Picture {
  const canvas = Object.assign(document.createElement('canvas'), { width, height });
  const context = canvas.getContext('2d', { willReadFrequently: true });
  if (!context) throw new Error(`This browser has no room for a picture of ${width} × ${height} pixels.`);
  context.imageSmoothingQuality = 'high';
  context.drawImage(source, 0, 0, width, height);
  return context.getImageData(0, 0, width, height);
}

/** `width` and `height` with the longer of them `side`. */
function scaled(width: number, height: number, side: number): [number, number] {
  const factor = side / Math.max(width, height);
  return [Math.max(1, Math.round(width * factor)), Math.max(1, Math.round(height * factor))];
}
