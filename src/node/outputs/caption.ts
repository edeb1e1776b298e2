import type { Picture } from '../../types.js';
import { libvips } from '../inputs/libvips.js';

/** The caption of a picture of a class-agnostic method. */
const TEXT = 'same for every class';

/** Letters below this height cannot be read: such a picture has no caption. */
const LEAST = 7;
const LARGEST = 40;

/** The text size for a picture of this width: a fortieth of it, at least 9 pixels where they fit. */
function sizeFor(width: number, widthAt: (size: number) => number): number | undefined {
  for (let size = Math.min(LARGEST, Math.max(9, Math.round(width / 40))); size >= LEAST; size--)
    if (widthAt(size) + 1.2 * size <= width) return size;
  return undefined;
}

/** Caption plates by text size: a run has thousands of pictures of few sizes. */
const plates = new Map<number, Promise<Picture>>();

async function drawn(size: number): Promise<Picture> {
  // Loaded with the first caption, because it contains a font.
  const { element, text, widthOf } = await import('../../poster/lettering.js');
  const [width, height] = [Math.ceil(widthOf(TEXT, size, 'regular') + 1.2 * size), Math.ceil(1.7 * size)];
  const plate = element('rect', { width, height, fill: '#fff', 'fill-opacity': 0.88 });
  const svg = element(
    'svg',
    { xmlns: 'http://www.w3.org/2000/svg', width, height },
    plate,
    text(TEXT, 0.6 * size, 1.18 * size, { size }),
  );
  const sharp = await libvips();
  const { data, info } = await sharp(Buffer.from(svg))
    .ensureAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { data: new Uint8ClampedArray(data), width: info.width, height: info.height };
}

/**
 * The picture with "same for every class" in its lower left corner, on a plate. A picture that is too small
 * for a caption is returned unchanged.
 */
export async function captioned(picture: Picture): Promise<Picture> {
  const { widthOf } = await import('../../poster/lettering.js');
  const size = sizeFor(picture.width, (size) => widthOf(TEXT, size, 'regular'));
  if (size === undefined || 2 * size > picture.height) return picture;
  const known = plates.get(size) ?? drawn(size);
  plates.set(size, known);
  const plate = await known;
  const data = new Uint8ClampedArray(picture.data);
  const top = picture.height - plate.height;
  for (let y = 0; y < plate.height; y++)
    for (let x = 0; x < plate.width; x++) {
      const from = 4 * (y * plate.width + x);
      const to = 4 * ((top + y) * picture.width + x);
      const opacity = plate.data[from + 3] / 255;
      for (let c = 0; c < 3; c++)
        data[to + c] = plate.data[from + c] * opacity + data[to + c] * (1 - opacity);
    }
  return { ...picture, data };
}
