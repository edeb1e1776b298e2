import type { View } from '../image/index.js';
import type { Box, Plane } from '../metrics/index.js';
import type { Cue, Truth } from './data-set.js';

/**
 * The ground truth of a picture, in the pixels of the network's input. Boxes are cut at the input's border,
 * and boxes outside of it are dropped. Masks are sampled at the nearest pixel.
 *
 * @param view  The part of the picture that the network sees.
 * @param size  `[H, W]` of the network's input.
 */
export function truthInInput(truth: Truth, view: View, size: Plane['shape']): Truth {
  const boxes = truth.boxes?.flatMap((box) => boxInInput(box, view, size));
  const mask = (plane: Plane | undefined): Plane | undefined => plane && maskInInput(plane, view, size);
  return {
    label: truth.label,
    boxes: boxes && boxes.length > 0 ? boxes : undefined,
    mask: mask(truth.mask),
    ignore: mask(truth.ignore),
    cues: truth.cues?.map((cue): Cue => ({ other: cue.other, mask: maskInInput(cue.mask, view, size) })),
  };
}

function boxInInput(box: Box, view: View, [height, width]: Plane['shape']): Box[] {
  const x = (side: number) => Math.min(width, Math.max(0, ((side - view.x) * width) / view.width));
  const y = (side: number) => Math.min(height, Math.max(0, ((side - view.y) * height) / view.height));
  const [x0, y0, x1, y1] = [x(box[0]), y(box[1]), x(box[2]), y(box[3])];
  return x1 > x0 && y1 > y0 ? [[x0, y0, x1, y1]] : [];
}

function maskInInput({ data, shape }: Plane, view: View, size: Plane['shape']): Plane {
  const [height, width] = size;
  const nearest = (at: number, count: number, start: number, length: number) =>
    Math.floor(start + ((at + 0.5) * length) / count);
  const columns = Array.from({ length: width }, (_, x) => nearest(x, width, view.x, view.width));
  const mask = new Uint8Array(height * width);
  for (let y = 0; y < height; y++) {
    const row = nearest(y, height, view.y, view.height);
    if (row < 0 || row >= shape[0]) continue;
    for (let x = 0; x < width; x++) {
      const column = columns[x];
      if (column >= 0 && column < shape[1] && data[row * shape[1] + column] !== 0) mask[y * width + x] = 1;
    }
  }
  return { data: mask, shape: size };
}
