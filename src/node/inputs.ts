import type { Dirent, Stats } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, extname, join, relative, resolve, sep } from 'node:path';
import { CamError } from '../errors.js';
import { pictureExtensions } from './decode.js';
import { reason } from './files.js';
import { type NpyImages, openNpyImages } from './npy.js';

/** One file to explain. */
export interface PictureInput {
  readonly kind: 'picture';
  /** As the user gave it, or below the folder that the user gave. */
  readonly path: string;
  /** Where its results go below `--out`: mirrored folders and the name without its ending, with `/`. */
  readonly stem: string;
}

/** A `.npy` file with one or more images. */
export interface TensorInput {
  readonly kind: 'tensor';
  readonly path: string;
  readonly stem: string;
  readonly images: NpyImages;
}

/** Something that cannot be explained, kept in its place so that the summary names it. */
export interface FailedInput {
  readonly kind: 'failed';
  readonly path: string;
  readonly error: string;
}

export type Input = PictureInput | TensorInput | FailedInput;

const message = (error: unknown): string => (error instanceof Error ? error.message : String(error));

async function fileInput(path: string, below: string): Promise<Input> {
  const folder = below.split(sep).slice(0, -1);
  const stem = [...folder, basename(below, extname(below))].join('/');
  if (extname(path).toLowerCase() !== '.npy') return { kind: 'picture', path, stem };
  try {
    return { kind: 'tensor', path, stem, images: await openNpyImages(path) };
  } catch (error) {
    return { kind: 'failed', path, error: message(error) };
  }
}

const isInput = (name: string): boolean => {
  const extension = extname(name).toLowerCase();
  return !name.startsWith('.') && (extension === '.npy' || pictureExtensions.has(extension));
};

/** Absolute paths that are no inputs: the folder of results, and the files that the run before wrote there. */
async function resultsIn(out: string): Promise<ReadonlySet<string>> {
  const summary: unknown = await readFile(join(out, 'summary.json'), 'utf8')
    .then(JSON.parse)
    .catch(() => undefined);
  const entries: unknown[] = Array.isArray(summary) ? summary : [];
  const files = entries.flatMap((entry): unknown[] =>
    entry instanceof Object && 'outputs' in entry && Array.isArray(entry.outputs) ? entry.outputs : [],
  );
  return new Set([
    resolve(out),
    ...files.filter((file) => typeof file === 'string').map((file) => resolve(out, file)),
  ]);
}

/** The input files below a folder, by name; hidden ones, `skip` and links to folders (they may lead in circles) are left out. */
async function filesBelow(folder: string, skip: ReadonlySet<string>): Promise<string[]> {
  const entries: Dirent[] = await readdir(folder, { withFileTypes: true });
  entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  const found: string[] = [];
  for (const entry of entries) {
    const path = join(folder, entry.name);
    if (skip.has(resolve(path))) continue;
    if (entry.isDirectory()) {
      if (!entry.name.startsWith('.')) found.push(...(await filesBelow(path, skip)));
    } else if (isInput(entry.name)) {
      if (!entry.isSymbolicLink() || (await stat(path).catch(() => undefined))?.isFile()) found.push(path);
    }
  }
  return found;
}

async function folderInputs(folder: string, skip: ReadonlySet<string>): Promise<Input[]> {
  let files: string[];
  try {
    files = await filesBelow(folder, skip);
  } catch (error) {
    return [{ kind: 'failed', path: folder, error: `${folder}: could not be read: ${reason(error)}.` }];
  }
  if (files.length === 0) {
    const kinds = [...pictureExtensions, '.npy'].join(' ');
    return [
      {
        kind: 'failed',
        path: folder,
        error: `${folder}: expected pictures or tensors (${kinds}), got none.`,
      },
    ];
  }
  const inputs: Input[] = [];
  for (const path of files) inputs.push(await fileInput(path, relative(folder, path)));
  return inputs;
}

/**
 * The inputs named by files and folders, in the order given, folders recursive and sorted by name. What cannot be read becomes a
 * `failed` input in its place. Of files only the header of `.npy` is looked at.
 *
 * @param out  The folder of results: never descended into. Where it is an input folder itself or above one, the files that its
 *   `summary.json` names as outputs are left out.
 */
export async function collectInputs(paths: readonly string[], out: string): Promise<Input[]> {
  const skip = await resultsIn(out);
  const inputs: Input[] = [];
  for (const path of paths) {
    let found: Stats;
    try {
      found = await stat(path);
    } catch (error) {
      inputs.push({ kind: 'failed', path, error: `${path}: could not be read: ${reason(error)}.` });
      continue;
    }
    if (found.isDirectory()) inputs.push(...(await folderInputs(path, skip)));
    else if (isInput(`x${extname(path)}`)) inputs.push(await fileInput(path, basename(path)));
    else {
      const kinds = [...pictureExtensions, '.npy'].join(' ');
      const got = extname(path) ? `"${extname(path)}"` : 'a name without ending';
      inputs.push({
        kind: 'failed',
        path,
        error: `${path}: expected a picture or a tensor (${kinds}), got ${got}.`,
      });
    }
  }
  return inputs;
}

/** How many images an input holds; a failed one counts as one, so that a list of targets keeps its places. */
export const imageCount = (input: Input): number => (input.kind === 'tensor' ? input.images.count : 1);

/** The stem of one image's picture: numbered where its file holds several. */
export const imageStem = (input: PictureInput | TensorInput, image: number): string =>
  imageCount(input) === 1 ? input.stem : `${input.stem}.${image}`;

/**
 * Throws `CamError` `output` where two inputs would write the same files, naming both.
 * @param method  Any method's name, for the example in the text.
 */
export function refuseDuplicates(inputs: readonly Input[], method: string): void {
  const owners = new Map<string, string>();
  for (const input of inputs) {
    if (input.kind === 'failed') continue;
    const stems = new Set([input.stem]);
    for (let i = 0; i < imageCount(input); i++) stems.add(imageStem(input, i));
    for (const stem of stems) {
      const owner = owners.get(stem);
      if (owner === undefined) {
        owners.set(stem, input.path);
        continue;
      }
      throw new CamError(
        'output',
        owner === input.path
          ? `--out: "${owner}" is given twice. Give each input once.`
          : `--out: expected one input per output name, got "${owner}" and "${input.path}" for "${stem}.${method}.*". ` +
              'Rename one, or explain them in two runs with different --out.',
      );
    }
  }
}
