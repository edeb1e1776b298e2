import { readdir } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { CamError } from '../../../errors.js';
import type { DataSet } from '../../../evaluate/index.js';
import { packageRoot } from '../../files/package-root.js';
import { readBoxesJson } from './boxes-json.js';
import type { ClassNames } from './classes.js';
import { isCoco, readCoco } from './coco.js';
import { readCsv } from './csv.js';
import { readFolder } from './image-folder.js';
import { readParts } from './parts.js';
import { isFile, isFolder, isRecord, readJson } from './text.js';
import { readWsol, WSOL_IDS } from './wsol.js';

export { ClassNames } from './classes.js';

export interface DataOptions {
  /** Folder of the pictures, if the annotations' default is not right. */
  readonly images?: string;
  /** A folder that is never searched: the folder of results. */
  readonly skip: string;
  readonly classes: ClassNames;
}

/**
 * Opens a data set, recognised by the path: a `.csv`, COCO's or our own JSON, a folder with one of these
 * (`boxes.json`, `annotations.json` with part masks, `image_ids.txt` of wsolevaluation), or a folder of
 * pictures, with or without one folder per class.
 * @throws {CamError} `input` where the path holds no data set.
 */
export async function openDataSet(path: string, { images, skip, classes }: DataOptions): Promise<DataSet> {
  if (await isFile(path)) return readAnnotations(path, images, classes);
  if (!(await isFolder(path)))
    throw new CamError(
      'input',
      `--data: expected a folder, a .csv or a .json file, got "${path}": there is no such thing.`,
    );
  if (await isFile(join(path, WSOL_IDS))) return readWsol(path, images, classes);
  const parts = join(path, 'annotations.json');
  const description = (await isFile(parts)) ? await speciesFile(path) : undefined;
  if (description !== undefined) return readParts(parts, images, classes, description);
  const files = (await readdir(path)).sort();
  const annotations =
    ['boxes.json', 'annotations.json'].find((name) => files.includes(name)) ?? (await onlyOne(path, files));
  if (annotations !== undefined) return readAnnotations(join(path, annotations), images, classes);
  return readFolder(path, skip, classes);
}

async function readAnnotations(
  path: string,
  images: string | undefined,
  classes: ClassNames,
): Promise<DataSet> {
  const ending = extname(path).toLowerCase();
  if (ending === '.csv') return readCsv(path, images, classes);
  if (ending === '.json')
    return isCoco(await readJson(path))
      ? readCoco(path, images, classes)
      : readBoxesJson(path, images, classes);
  throw new CamError('input', `--data: expected a folder, a .csv or a .json file, got "${path}".`);
}

/** A single CSV, or a single JSON in COCO's format, is the folder's annotation whatever its name. */
async function onlyOne(folder: string, files: readonly string[]): Promise<string | undefined> {
  const tables = files.filter((file) => extname(file).toLowerCase() === '.csv');
  if (tables.length === 1) return tables[0];
  const json = files.filter((file) => extname(file).toLowerCase() === '.json');
  const [only] = json;
  return json.length === 1 && only && isCoco(await readJson(join(folder, only))) ? only : undefined;
}

/**
 * The file that describes the species of a folder with part masks: its `species.json`, else that of the
 * bundled model.
 */
async function speciesFile(folder: string): Promise<string | undefined> {
  const own = join(folder, 'species.json');
  if (await isFile(own)) return own;
  const { folder: root } = packageRoot();
  const birds = join(root, 'models', 'birds.json');
  const ours = join(root, 'examples', 'birds');
  const same = (await isFolder(ours)) && (await readdir(ours)).join() === (await readdir(folder)).join();
  if (!same || !(await isFile(birds))) return undefined;
  const file = await readJson(birds);
  return isRecord(file) && Array.isArray(file.species) ? birds : undefined;
}
