import { basename, dirname, join } from 'node:path';
import { CamError } from '../../../errors.js';
import type { DataSet, Knowledge, Problem, Sample } from '../../../evaluate/index.js';
import type { ClassNames } from './classes.js';
import { type Annotated, annotatedSample } from './sample.js';
import { isFolder, isRecord, numberLists, readJson } from './text.js';

/**
 * Folder of the pictures: the option's, else `images` beside the annotations, else the folder of the
 * annotations.
 */
export async function pictureFolder(annotations: string, images: string | undefined): Promise<string> {
  if (images !== undefined) return images;
  const folder = dirname(annotations);
  return (await isFolder(join(folder, 'images'))) ? join(folder, 'images') : folder;
}

/**
 * A list of `{ file, label, boxes, size? }`: label a class index or name, boxes `[x0, y0, x1, y1)` in pixels
 * of a picture of `size` `[width, height]` (default: the picture's own).
 * @param extend  Adds further annotations.
 * @throws {CamError} `input` for a file that is not such a list.
 */
export async function readBoxesJson(
  path: string,
  images: string | undefined,
  classes: ClassNames,
  extend: (entry: Annotated) => Annotated = (entry) => entry,
): Promise<DataSet> {
  const list = await readJson(path);
  if (!Array.isArray(list) || list.length === 0)
    throw new CamError(
      'input',
      `--data: ${path}: expected a list of { file, label, boxes }, got ${Array.isArray(list) ? 'an empty one' : typeof list}.`,
    );
  const folder = await pictureFolder(path, images);
  const problems: Problem[] = [];
  const samples: Sample[] = [];
  const has = new Set<Knowledge>();
  const seen = new Set<string>();
  list.forEach((entry: unknown, at) => {
    if (!isRecord(entry) || typeof entry.file !== 'string') {
      problems.push({ where: `${basename(path)}, entry ${at}`, what: 'entry without a file name' });
      return;
    }
    const { file } = entry;
    if (seen.has(file)) {
      problems.push({ where: file, what: 'picture listed twice (the first counts)' });
      return;
    }
    seen.add(file);
    const label =
      typeof entry.label === 'number' || typeof entry.label === 'string'
        ? classes.indexOf(entry.label)
        : undefined;
    if (label === undefined)
      problems.push({ where: file, what: 'label that is no class of the model', got: String(entry.label) });
    const boxes = numberLists(entry.boxes);
    if (boxes.length === 0) problems.push({ where: file, what: 'no box' });
    const [size] = numberLists([entry.size]);
    if (label !== undefined) has.add('label');
    if (boxes.length > 0) has.add('boxes');
    samples.push(
      annotatedSample(
        extend({
          name: file,
          path: join(folder, file),
          label,
          boxes,
          size: size?.length === 2 && size.every((side) => side > 0) ? [size[0], size[1]] : undefined,
        }),
      ),
    );
  });
  return { kind: basename(path), samples, has, problems };
}
