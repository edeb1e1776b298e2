import { join } from 'node:path';
import type { Cue, LoadedSample, Problem, Sample } from '../../../evaluate/index.js';
import type { Box, Plane } from '../../../metrics/index.js';
import type { Picture } from '../../../types.js';
import { fileStamp } from '../../files/file-stamp.js';
import { decodeFile } from '../../inputs/decode.js';

/** A picture's annotations in a file, not validated. */
export interface Annotated {
  /** The name in the file, with `/`. */
  readonly name: string;
  readonly path: string;
  readonly label?: number;
  /** `[x0, y0, x1, y1)`. */
  readonly boxes?: readonly (readonly number[])[];
  /** `[width, height]` of the picture that the boxes were drawn in. Missing: the picture's own. */
  readonly size?: readonly [number, number];
  /** Masks, of any size: they are stretched over the whole picture. */
  readonly masks?: (
    picture: Picture,
  ) => Promise<{ readonly mask?: Plane; readonly ignore?: Plane; readonly cues?: readonly Cue[] }>;
}

/** A picture file with its annotations. Invalid boxes are left out, and named when the picture is loaded. */
export function annotatedSample({ name, path, label, boxes = [], size, masks }: Annotated): Sample {
  return {
    name,
    about: { label, boxes, size },
    stamp: () => fileStamp(path),
    async load(): Promise<LoadedSample> {
      const picture = await decodeFile(path);
      const problems: Problem[] = [];
      const usable = boxes.flatMap((box) => checkedBox(box, size, picture, name, problems));
      const planes = await masks?.(picture);
      return {
        picture,
        problems,
        truth: { label, ...(usable.length > 0 && { boxes: usable }), ...planes },
      };
    },
  };
}

/** Pixels by which a box may exceed the picture without a notice: annotators round. */
const SLACK = 1;

function checkedBox(
  box: readonly number[],
  size: readonly [number, number] | undefined,
  { width, height }: Picture,
  where: string,
  problems: Problem[],
): Box[] {
  const refuse = (what: string): Box[] => {
    problems.push({ where, what, got: `[${box.join(', ')}]` });
    return [];
  };
  if (box.length !== 4 || !box.every(Number.isFinite)) return refuse('box that is not four numbers');
  const [sx, sy] = size ? [width / size[0], height / size[1]] : [1, 1];
  const [x0, y0, x1, y1] = [box[0] * sx, box[1] * sy, box[2] * sx, box[3] * sy];
  if (!(x1 > x0 && y1 > y0)) return refuse('box without an area');
  if (x0 >= width || y0 >= height || x1 <= 0 || y1 <= 0) return refuse('box outside of the picture');
  if (Math.min(x0, y0) < -SLACK || x1 > width + SLACK || y1 > height + SLACK)
    problems.push({ where, what: 'box beyond the border (cut there)', got: `[${box.join(', ')}]` });
  return [[Math.max(0, x0), Math.max(0, y0), Math.min(width, x1), Math.min(height, y1)]];
}

/** The pixels of a mask picture that are not black, as 1, at the size of another picture (nearest pixel). */
export async function maskFile(
  folder: string,
  file: string,
  size: Pick<Picture, 'width' | 'height'>,
): Promise<Plane> {
  const mask = await decodeFile(join(folder, file));
  return sampled(mask, size, (p) =>
    mask.data[4 * p] + mask.data[4 * p + 1] + mask.data[4 * p + 2] > 0 ? 1 : 0,
  );
}

/** A plane at the size of a picture, sampled from another plane at the nearest pixel. */
export function sampled(
  from: Pick<Picture, 'width' | 'height'>,
  to: Pick<Picture, 'width' | 'height'>,
  value: (pixel: number) => number,
): Plane {
  const data = new Uint8Array(to.width * to.height);
  for (let y = 0; y < to.height; y++) {
    const row = Math.floor(((y + 0.5) * from.height) / to.height) * from.width;
    for (let x = 0; x < to.width; x++)
      data[y * to.width + x] = value(row + Math.floor(((x + 0.5) * from.width) / to.width));
  }
  return { data, shape: [to.height, to.width] };
}
