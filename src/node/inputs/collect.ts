import type { Stats } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename, extname, isAbsolute, join, parse, relative, resolve, sep } from 'node:path';
import { mapConcurrently } from '../files/concurrent.js';
import { reason } from '../files/files.js';
import { kindOf } from '../files/regular-file.js';
import type { Dependencies } from '../terminal/dependencies.js';
import { archiveExtensions, archiveInputs, isArchive, isCompressedTar } from './archive.js';
import { HEIC, pictureExtensions } from './decode.js';
import { filesBelow, isInput, mayBePattern, resultsIn } from './find.js';
import type { FailedInput, Input } from './input.js';
import { readList } from './list.js';
import { openNpyImages } from './npy.js';
import type { Match } from './patterns.js';

export interface CollectOptions {
  /** A file that names further inputs, see `readList`; `-` for the standard input. */
  readonly list?: string;
  /** See `Dependencies`. */
  readonly onInterrupt?: Dependencies['onInterrupt'];
}

/** Files and folders that are read at the same time. */
const AT_ONCE = 16;

const message = (error: unknown): string => (error instanceof Error ? error.message : String(error));

const failed = (path: string, text: string): FailedInput => ({
  kind: 'failed',
  path,
  error: `${path}: ${text}`,
});

/** A path without its extension, with `/`. */
const stemOf = (path: string): string =>
  [...path.split(sep).slice(0, -1), basename(path, extname(path))].join('/');

async function fileInput(path: string, below: string): Promise<Input> {
  const stem = stemOf(below);
  if (extname(path).toLowerCase() !== '.npy') return { kind: 'picture', path, stem };
  try {
    return { kind: 'tensor', path, stem, images: await openNpyImages(path) };
  } catch (error) {
    return { kind: 'failed', path, error: message(error) };
  }
}

/** What one argument or one line of a list names, and the path of its results. */
class Collector {
  constructor(
    private readonly skip: ReadonlySet<string>,
    private readonly out: string,
  ) {}

  /**
   * @param below  Path of the results, with an extension; for a folder, the parent folder of all of its
   *   results.
   */
  async folder(folder: string, below: string): Promise<Input[]> {
    let files: string[];
    try {
      files = await filesBelow(folder, this.skip);
    } catch (error) {
      return [failed(folder, `could not be read: ${reason(error)}.`)];
    }
    if (files.length === 0) {
      const kinds = [...pictureExtensions, '.npy'].join(' ');
      return [failed(folder, `expected pictures or tensors (${kinds}), got none.`)];
    }
    return mapConcurrently(files, AT_ONCE, (path) => fileInput(path, join(below, relative(folder, path))));
  }

  async file(path: string, below: string): Promise<Input[]> {
    if (isInput(`x${extname(path)}`)) return [await fileInput(path, below)];
    if (isArchive(path)) {
      const stem = stemOf(below);
      // A name such as `...zip` would leave `..`, a folder above the results.
      return archiveInputs(path, /(^|\/)\.{0,2}$/.test(stem) ? `${stem}_` : stem);
    }
    if (isCompressedTar(path)) {
      return [
        failed(
          path,
          `expected an archive whose pictures can be read one by one (${archiveExtensions.join(' ')}), ` +
            'got a compressed tar. Unpack it to a .tar first (gunzip, unxz, unzstd …).',
        ),
      ];
    }
    if (/\.hei[cf]$/i.test(path)) return [failed(path, HEIC)];
    const kinds = [...pictureExtensions, '.npy', ...archiveExtensions].join(' ');
    const got = extname(path) ? `"${extname(path)}"` : 'a name without ending';
    return [failed(path, `expected a picture, a tensor or an archive (${kinds}), got ${got}.`)];
  }

  async pattern(
    pattern: string,
    found: readonly Match[],
    place: (path: string, below: string) => string,
  ): Promise<Input[]> {
    if (found.length === 0) {
      const text = 'there is no such file, and as a pattern it matches no picture, tensor or archive.';
      return [failed(pattern, text)];
    }
    const inputs = await mapConcurrently(found, AT_ONCE, ({ path, below }) =>
      this.file(path, place(path, below)),
    );
    return inputs.flat();
  }

  /** @param listed  Whether the path stands in a list: then its folders are mirrored too, see `mirrored`. */
  async named(path: string, listed: boolean): Promise<Input[]> {
    let found: Stats;
    try {
      found = await stat(path);
    } catch (error) {
      const patterns = mayBePattern(path) ? await import('./patterns.js') : undefined;
      if (patterns?.isPattern(path)) {
        const matches = await patterns.matches(path, this.skip, this.out);
        return this.pattern(path, matches, (match, below) => (listed ? mirrored(match) : join(below)));
      }
      if (/^https?:\/\//i.test(path))
        return [failed(path, 'expected a file, got a URL. Download the picture first.')];
      return [failed(path, `could not be read: ${reason(error)}.`)];
    }
    if (found.isDirectory()) return this.folder(path, listed ? mirrored(path) : '');
    if (!found.isFile()) return [failed(path, `expected a file or a folder, got ${kindOf(found)}.`)];
    return this.file(path, listed ? mirrored(path) : basename(path));
  }
}

/**
 * Path of the results of a listed file: mirrored below the current folder, or below the root for a file
 * elsewhere. Lists name files of many folders, whose names repeat. A part of a list also writes its results
 * to the same paths as the complete list.
 */
function mirrored(path: string): string {
  const full = resolve(path);
  const here = relative('', full);
  return here.split(sep)[0] === '..' || isAbsolute(here) ? relative(parse(full).root, full) : here;
}

/**
 * The inputs named by files, folders, patterns and archives, in the order of the arguments, followed by those
 * of `list`. Folders are searched recursively and sorted by name, and so are the matches of a pattern (a name
 * with wildcards that no file has); archives keep their order. What cannot be read becomes a `failed` input
 * in its position. Files are not opened, except to read the header of `.npy`.
 * @param out  The folder of results, which is never searched. If it is itself an input folder, or contains
 *   one, the files that this program wrote there are left out.
 * @throws {CamError} `input` for a list that cannot be read; `Interrupted` where the user stops waiting for
 *   one.
 */
export async function collectInputs(
  paths: readonly string[],
  out: string,
  { list, onInterrupt }: CollectOptions = {},
): Promise<Input[]> {
  const listed = list === undefined ? [] : await readList(list, process.stdin, onInterrupt);
  const collector = new Collector(await resultsIn(out, [...paths, ...listed]), out);
  const found = [
    await mapConcurrently(paths, AT_ONCE, (path) => collector.named(path, false)),
    await mapConcurrently(listed, AT_ONCE, (path) => collector.named(path, true)),
  ];
  return found.flat(2);
}
