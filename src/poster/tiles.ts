import { type OverlayOptions, overlay, resize, type View } from '../image/index.js';
import type { Picture } from '../types.js';
import { isCropped, type PosterContent, type PosterMap } from './content.js';
import type { Grid } from './grid.js';

/** Turns a picture into an address for SVG's `image`, e.g. a `data:` URL of a PNG. */
export type EncodePicture = (picture: Picture) => Promise<string>;

/**
 * From this enlargement on, pixels are drawn as squares. With smoothing, a tiny picture would look like a
 * blurred photograph.
 */
const SQUARES = 3;

/** The images of the tiles, at the tiles' size. */
export interface Tiles {
  readonly picture: string;
  /** One per map. */
  readonly maps: readonly string[];
  /** The part that the network sees, in pixels of the tile. */
  readonly view: View;
  /** Whether the network sees only a part of the picture. */
  readonly cropped: boolean;
}

/** Puts transparent pixels on white: a poster has no transparency. */
function opaque(picture: Picture, view: View): Picture {
  for (let i = 3; i < picture.data.length; i += 4)
    if (picture.data[i] !== 255)
      return overlay(picture, { saliency: new Float32Array(1), shape: [1, 1] }, view, {
        alpha: 0,
        frame: false,
      });
  return picture;
}

function scaled(picture: Picture, grid: Grid): Picture {
  // Read one by one: `width` and `height` of an ImageData are getters of its prototype, and spreading drops
  // those.
  const { data, width, height } = picture;
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.length);
  const squares = grid.width / width >= SQUARES;
  const source = { data: bytes, width, height, channels: 4 };
  return resize(source, grid.width, grid.height, squares ? 'nearest' : 'bilinear');
}

export async function drawTiles(
  content: PosterContent,
  maps: readonly PosterMap[],
  grid: Grid,
  options: OverlayOptions,
  encode: EncodePicture,
): Promise<Tiles> {
  const { picture, view } = content;
  const { width, height } = picture;
  const small = scaled(opaque(picture, view), grid);
  const [sx, sy] = [grid.width / width, grid.height / height];
  const seen = { x: view.x * sx, y: view.y * sy, width: view.width * sx, height: view.height * sy };
  const encoded: string[] = [];
  for (const { map, target } of maps)
    encoded.push(await encode(overlay(small, map, seen, { ...options, frame: false, box: target?.box })));
  return { picture: await encode(small), maps: encoded, view: seen, cropped: isCropped(content) };
}
