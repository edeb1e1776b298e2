/** Draws a picture with its heat, its region and what is covered on a canvas. */
import { type ColorMapName, overlay, type Picture, type Preprocessing } from '../../src/index.js';
import { boxFromMap } from '../../src/metrics/index.js';
import { context2d } from '../dom.js';
import type { Shown } from '../files/shown.js';
import { type Rectangle, seenPart } from './geometry.js';
import { colormapOf, type ShownMap } from './shown-map.js';

export interface Look {
  readonly opacity: number;
  readonly colormap: ColorMapName;
  readonly boxes: boolean;
}

/** Pixels of the network's input that are covered, and by what. */
export interface Cover {
  /** `[H * W]`, 1 where it is covered. */
  readonly mask: Uint8Array;
  readonly picture: Picture;
}

export interface Scene {
  readonly shown: Shown;
  /** The copy of the picture that is drawn on. */
  readonly copy: Picture;
  readonly preprocessing: Preprocessing;
  readonly map?: ShownMap;
  readonly look: Look;
  readonly cover?: Cover;
}

const imageData = ({ data, width, height }: Picture): ImageData =>
  new ImageData(new Uint8ClampedArray(data), width, height);

/** The box that a map draws, in parts of the picture; `undefined` for a flat map. */
function regionOf({ maps: [map] }: ShownMap, part: Rectangle): Rectangle | undefined {
  const { saliency, shape } = map;
  const box = boxFromMap({ data: saliency, shape });
  if (!box) return undefined;
  const [sx, sy] = [part.width / shape[1], part.height / shape[0]];
  const [x0, y0, x1, y1] = box;
  return { x: part.x + x0 * sx, y: part.y + y0 * sy, width: (x1 - x0) * sx, height: (y1 - y0) * sy };
}

/** Draws everything; the canvas takes the size of the copy. */
export function paintScene(canvas: HTMLCanvasElement, scene: Scene): void {
  const { shown, copy, preprocessing, map, look, cover } = scene;
  const { width, height } = copy;
  const part = seenPart(shown, preprocessing);
  const view = {
    x: part.x * width,
    y: part.y * height,
    width: part.width * width,
    height: part.height * height,
  };
  const drawn = map
    ? overlay(copy, map.heat, view, { alpha: look.opacity, colormap: colormapOf(map, look.colormap) })
    : copy;
  if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
  const context = context2d(canvas);
  context.putImageData(imageData(drawn), 0, 0);
  if (cover) context.drawImage(coverCanvas(cover), view.x, view.y, view.width, view.height);
  const region = look.boxes && map ? regionOf(map, part) : undefined;
  if (region) strokeRegion(context, region);
}

/** What is covered, transparent elsewhere. */
function coverCanvas({ mask, picture }: Cover): HTMLCanvasElement {
  const data = new Uint8ClampedArray(picture.data);
  for (let p = 0; p < mask.length; p++) data[4 * p + 3] = mask[p] ? 255 : 0;
  const { width, height } = picture;
  const canvas = Object.assign(document.createElement('canvas'), { width, height });
  context2d(canvas).putImageData(new ImageData(data, width, height), 0, 0);
  return canvas;
}

/** White on black, so that it is seen on any picture. */
function strokeRegion(context: CanvasRenderingContext2D, { x, y, width, height }: Rectangle): void {
  const { canvas } = context;
  const line = Math.max(1, Math.round(canvas.width / 256));
  for (const [colour, thickness] of [
    ['#000', 2 * line],
    ['#fff', line],
  ] as const) {
    context.strokeStyle = colour;
    context.lineWidth = thickness;
    context.strokeRect(x * canvas.width, y * canvas.height, width * canvas.width, height * canvas.height);
  }
}

/** Longer side of the copy on the stage, pixels: what a large screen shows of it. */
const STAGE = 1024;
const copies = new WeakMap<Shown, Picture>();

/** The picture for the stage: reduced where it is large, enlarged where it is small. */
export function stageCopy(shown: Shown): Picture {
  const known = copies.get(shown);
  if (known) return known;
  const { picture, small } = shown;
  const longer = Math.max(picture.width, picture.height);
  const copy =
    longer <= Math.max(small.width, small.height) ? small : longer <= STAGE ? picture : reduced(picture);
  copies.set(shown, copy);
  return copy;
}

function reduced(picture: Picture): Picture {
  const factor = STAGE / Math.max(picture.width, picture.height);
  const [width, height] = [picture.width, picture.height].map((length) =>
    Math.max(1, Math.round(length * factor)),
  );
  const from = Object.assign(document.createElement('canvas'), {
    width: picture.width,
    height: picture.height,
  });
  context2d(from).putImageData(imageData(picture), 0, 0);
  const to = context2d(Object.assign(document.createElement('canvas'), { width, height }));
  to.imageSmoothingQuality = 'high';
  to.drawImage(from, 0, 0, width, height);
  return to.getImageData(0, 0, width, height);
}
