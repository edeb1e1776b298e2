import { join } from 'node:path';
import { CamError } from '../../../errors.js';
import type { DataSet, Knowledge, Problem } from '../../../evaluate/index.js';
import type { Plane } from '../../../metrics/index.js';
import type { Picture } from '../../../types.js';
import type { ClassNames } from './classes.js';
import { annotatedSample, maskFile } from './sample.js';
import { isFile, isFolder, readText } from './text.js';

/** The file that identifies a folder of wsolevaluation's metadata. */
export const WSOL_IDS = 'image_ids.txt';

const lines = (text: string): string[] =>
  text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter(Boolean);

async function optionalLines(path: string): Promise<string[]> {
  return (await isFile(path)) ? lines(await readText(path)) : [];
}

/** A picture's annotations in `localization.txt`. */
interface Localization {
  readonly boxes: number[][];
  readonly masks: string[];
  readonly ignore: string[];
}

/**
 * Metadata of wsolevaluation (Choe 2020): `image_ids.txt`, `class_labels.txt` (`id,class`),
 * `localization.txt` (`id,x0,y0,x1,y1` in pixels of the size in `image_sizes.txt`, or
 * `id,mask.png,ignore.png`), `image_sizes.txt` (`id,width,height`).
 *
 * @param images  Folder that ids and mask files are relative to. Default: `images` beside the metadata, else
 *   the folder itself.
 * @throws {CamError} `input`.
 */
export async function readWsol(
  folder: string,
  images: string | undefined,
  classes: ClassNames,
): Promise<DataSet> {
  const ids = lines(await readText(join(folder, WSOL_IDS)));
  if (ids.length === 0)
    throw new CamError(
      'input',
      `--data: ${join(folder, WSOL_IDS)}: expected one picture per line, got none.`,
    );
  const root = images ?? ((await isFolder(join(folder, 'images'))) ? join(folder, 'images') : folder);
  const problems: Problem[] = [];
  const known = new Set(ids);
  const fields = async (file: string, count: readonly number[]): Promise<string[][]> => {
    const rows: string[][] = [];
    for (const [at, line] of (await optionalLines(join(folder, file))).entries()) {
      const row = line.split(',').map((field) => field.trim());
      const where = `${file}, line ${at + 1}`;
      if (!count.includes(row.length))
        problems.push({ where, what: `line of ${file} with another form`, got: line });
      else if (!known.has(row[0]))
        problems.push({ where, what: 'picture that image_ids.txt does not list', got: row[0] });
      else rows.push(row);
    }
    return rows;
  };
  const labels = new Map(
    (await fields('class_labels.txt', [2])).map(([id, label]) => [id, classes.indexOf(label)]),
  );
  const sizes = new Map(
    (await fields('image_sizes.txt', [3])).map(([id, width, height]): [string, [number, number]] => [
      id,
      [Number(width), Number(height)],
    ]),
  );
  const localizations = new Map<string, Localization>();
  for (const [id, ...rest] of await fields('localization.txt', [2, 3, 5])) {
    const localization = localizations.get(id) ?? { boxes: [], masks: [], ignore: [] };
    localizations.set(id, localization);
    if (rest.length === 4) localization.boxes.push(rest.map(Number));
    else {
      localization.masks.push(rest[0]);
      if (rest[1]) localization.ignore.push(rest[1]);
    }
  }
  const has = new Set<Knowledge>();
  const samples = ids.map((id) => {
    const label = labels.get(id);
    const { boxes = [], masks = [], ignore = [] } = localizations.get(id) ?? {};
    if (label === undefined) problems.push({ where: id, what: 'label that is no class of the model' });
    else has.add('label');
    if (boxes.length > 0) has.add('boxes');
    if (masks.length > 0) has.add('mask');
    if (boxes.length + masks.length === 0) problems.push({ where: id, what: 'no box and no mask' });
    const size = sizes.get(id);
    return annotatedSample({
      name: id,
      path: join(root, id),
      label,
      boxes,
      size: size?.every((side) => side > 0) ? size : undefined,
      masks: masks.length > 0 ? (picture) => unions(root, masks, ignore, picture) : undefined,
    });
  });
  return { kind: "wsolevaluation's metadata", samples, has, problems };
}

async function unions(root: string, masks: readonly string[], ignore: readonly string[], picture: Picture) {
  const union = async (files: readonly string[]): Promise<Plane | undefined> => {
    let all: Plane | undefined;
    for (const file of files) {
      const one = await maskFile(root, file, picture);
      const before = all;
      all = before
        ? { ...one, data: Uint8Array.from(one.data, (v, p) => (v || before.data[p] ? 1 : 0)) }
        : one;
    }
    return all;
  };
  const mask = await union(masks);
  const ignored = await union(ignore);
  // An object pixel in one mask counts, even where another mask says to ignore it.
  const rest = ignored &&
    mask && { ...ignored, data: Uint8Array.from(ignored.data, (v, p) => (v && !mask.data[p] ? 1 : 0)) };
  return { mask, ignore: rest };
}
