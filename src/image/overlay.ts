import { CamError } from '../errors.js';
import type { Detection, Picture, SaliencyMap } from '../types.js';
import { drawBox } from './box.js';
import { colorMap } from './colormap.js';
import type { ColorMapName } from './colormap-names.js';
import type { View } from './preprocess.js';

export interface OverlayOptions {
  /** @default 'turbo' */
  readonly colormap?: ColorMapName;
  /** Opacity of the strongest heat, 0 to 1. @default 0.6 */
  readonly alpha?: number;
  /** The heat map alone: opaque inside the view, transparent outside. @default false */
  readonly heatOnly?: boolean;
  /**
   * Whether to draw a frame around the part that the network sees, where that is not the whole picture.
   * @default true
   */
  readonly frame?: boolean;
  /** The outline of a detection: `[left, top, right, bottom]`, pixels of the network's input. */
  readonly box?: Detection['box'];
}

/** A map `[H * W]`: 0..1, or -1..1 for the `diverging` colour map. A `SaliencyMap` is one. */
export interface Heat {
  readonly saliency: Float32Array;
  readonly shape: readonly [number, number];
  /**
   * Set where the numbers have a meaning of their own, such as probabilities. These are small, so they are
   * drawn as shares of the largest, and differences in the `diverging` colours.
   */
  readonly values?: SaliencyMap['values'];
}

/** The largest absolute value of a map with `values`; 1 for any other map. */
export const fullScale = ({ saliency, values }: Heat): number =>
  (values && saliency.reduce((most, value) => Math.max(most, Math.abs(value)), 0)) || 1;

/** The frame around the view: a white line, then a black one, so that it is visible on any picture. */
const FRAME = [255, 0];

/** Width of each of the two lines in pixels, for a picture whose longer side is `side`. */
const frameWidth = (side: number): number => Math.max(1, Math.round(side / 512));

/**
 * Share of the opacity that the coldest pixel keeps: the map's extent stays visible, and the picture
 * readable.
 */
const COLD = 0.35;

interface Axis {
  readonly low: Int32Array;
  readonly high: Int32Array;
  readonly weight: Float32Array;
  /** `[from, to)`: pixels whose centre lies in the view. */
  readonly from: number;
  readonly to: number;
}

/**
 * Bilinear sampling of `samples` values that span `[start, start + length)`: half-pixel centres, edges
 * repeated.
 */
function axis(pixels: number, samples: number, start: number, length: number): Axis {
  const low = new Int32Array(pixels);
  const high = new Int32Array(pixels);
  const weight = new Float32Array(pixels);
  for (let i = 0; i < pixels; i++) {
    const at = Math.min(samples - 1, Math.max(0, ((i + 0.5 - start) / length) * samples - 0.5));
    low[i] = Math.floor(at);
    high[i] = Math.min(samples - 1, low[i] + 1);
    weight[i] = at - low[i];
  }
  const clamp = (edge: number): number => Math.min(pixels, Math.max(0, Math.ceil(edge - 0.5)));
  return { low, high, weight, from: clamp(start), to: clamp(start + length) };
}

/** How many pixels a pixel lies beyond the view; 0 inside. */
const beyond = ({ from, to }: Axis, i: number): number => Math.max(from - i, i - to + 1, 0);

/** A sample composed on white. */
const onPaper = (sample: number, opacity: number): number => sample * opacity + 255 * (1 - opacity);

/**
 * Draws a map over its picture. The map is resized (bilinear, half-pixel, edge clamp) to `view`, the part
 * that the network sees, and blended in. The rest of the picture stays as it is. A thin frame just outside
 * the view shows where the network looks. The opacity grows from about a third of `alpha` at the coldest
 * pixel to `alpha` at the hottest.
 *
 * Returns a picture of the original's size, opaque unless `heatOnly`.
 * Throws `CamError` `option` for an `alpha` outside 0..1 and `shape` where the map does not fit its shape.
 */
export function overlay(picture: Picture, heat: Heat, view: View, options: OverlayOptions = {}): Picture {
  const { alpha = 0.6, heatOnly = false, frame = true } = options;
  const colormap = heat.values === 'differences' ? 'diverging' : (options.colormap ?? 'turbo');
  if (!(alpha >= 0 && alpha <= 1)) {
    throw new CamError('option', `alpha: expected a number from 0 to 1, got ${alpha}.`);
  }
  const { saliency, shape } = heat;
  const [H, W] = shape;
  if (saliency.length !== H * W || saliency.length === 0) {
    throw new CamError(
      'shape',
      `overlay: expected ${H * W} values (shape [${H}, ${W}]), got ${saliency.length}.`,
    );
  }
  const full = fullScale(heat);
  const table = colorMap(colormap);
  const signed = colormap === 'diverging';
  const { width, height, data: source } = picture;
  const columns = axis(width, W, view.x, view.width);
  const rows = axis(height, H, view.y, view.height);
  const data = new Uint8ClampedArray(width * height * 4);
  const { low, high, weight } = columns;
  const line = frame ? frameWidth(Math.max(width, height)) : 0;
  for (let y = 0; y < height; y++) {
    const inRow = y >= rows.from && y < rows.to;
    const top = rows.low[y] * W;
    const bottom = rows.high[y] * W;
    const v = rows.weight[y];
    for (let x = 0; x < width; x++) {
      const at = (y * width + x) * 4;
      const inside = inRow && x >= columns.from && x < columns.to;
      if (!inside && heatOnly) continue;
      data[at + 3] = 255;
      const opacity = source[at + 3] / 255;
      if (!inside) {
        const away = Math.max(beyond(columns, x), beyond(rows, y));
        if (away <= FRAME.length * line) data.fill(FRAME[Math.ceil(away / line) - 1], at, at + 3);
        else for (let c = 0; c < 3; c++) data[at + c] = onPaper(source[at + c], opacity);
        continue;
      }
      const u = weight[x];
      const l = low[x];
      const h = high[x];
      const above = saliency[top + l] * (1 - u) + saliency[top + h] * u;
      const below = saliency[bottom + l] * (1 - u) + saliency[bottom + h] * u;
      const value = (above * (1 - v) + below * v) / full;
      const level = signed ? (value + 1) / 2 : value;
      const colour = 3 * Math.min(255, Math.max(0, Math.round(level * 255)));
      const strength = heatOnly ? 1 : alpha * (COLD + (1 - COLD) * Math.min(1, Math.abs(value)));
      for (let c = 0; c < 3; c++)
        data[at + c] = onPaper(source[at + c], opacity) * (1 - strength) + table[colour + c] * strength;
    }
  }
  if (options.box) drawBox(data, width, height, onPicture(options.box, view, shape));
  return { data, width, height };
}

/** A box in pixels of the map as one in pixels of the picture. */
function onPicture(box: Detection['box'], view: View, [H, W]: readonly [number, number]): Detection['box'] {
  const x = (at: number) => view.x + (at * view.width) / W;
  const y = (at: number) => view.y + (at * view.height) / H;
  return [x(box[0]), y(box[1]), x(box[2]), y(box[3])];
}
