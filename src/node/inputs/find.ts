import type { Dirent } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { basename, extname, join, resolve, sep } from 'node:path';
import { glob, isDynamicPattern } from 'tinyglobby';
import { ownFiles } from '../files/written-files.js';
import { isArchive } from './archive.js';
import { pictureExtensions } from './decode.js';

/** Whether a file's name is that of a picture or of an array. */
export const isInput = (name: string): boolean => {
  const extension = extname(name).toLowerCase();
  return !name.startsWith('.') && (extension === '.npy' || pictureExtensions.has(extension));
};

const within = (folder: string, path: string): boolean =>
  `${resolve(path)}${sep}`.startsWith(resolve(folder) === sep ? sep : `${resolve(folder)}${sep}`);

/**
 * Absolute paths that are no inputs: the folder of results, and the files that earlier runs wrote there.
 * @param inputs  Paths and patterns; what lies apart from `out` needs no look at results.
 */
export async function resultsIn(out: string, inputs: readonly string[]): Promise<ReadonlySet<string>> {
  const skip = new Set([resolve(out)]);
  if (!inputs.some((input) => isPattern(input) || within(input, out) || within(out, input))) return skip;
  for (const path of await ownFiles(out)) skip.add(path);
  return skip;
}

/**
 * The input files below a folder, by name; hidden ones, `skip`, links to folders (they may lead in circles)
 * and what is neither file nor folder are left out.
 */
export async function filesBelow(folder: string, skip: ReadonlySet<string>): Promise<string[]> {
  const found: string[] = [];
  const walk = async (below: string): Promise<void> => {
    const entries: Dirent[] = await readdir(below, { withFileTypes: true });
    entries.sort((a, b) => (a.name < b.name ? -1 : 1));
    for (const entry of entries) {
      const path = join(below, entry.name);
      if (skip.has(resolve(path))) continue;
      if (entry.isDirectory()) {
        if (!entry.name.startsWith('.')) await walk(path);
      } else if (isInput(entry.name)) {
        const linked = entry.isSymbolicLink() && (await stat(path).catch(() => undefined))?.isFile();
        if (entry.isFile() || linked) found.push(path);
      }
    }
  };
  await walk(folder);
  return found;
}

/** Whether a path may be a pattern: one that names no file. */
export const isPattern = (path: string): boolean => isDynamicPattern(slashed(path));

const slashed = (path: string): string => (sep === '\\' ? path.replaceAll('\\', '/') : path);

/** A pattern's folders that hold no wildcard, and the rest. */
function splitPattern(pattern: string): { readonly prefix: string; readonly rest: string } {
  const parts = slashed(pattern).split('/');
  const wild = parts.findIndex((part) => isDynamicPattern(part) || part.includes('{'));
  const at = wild < 0 ? parts.length - 1 : wild;
  const prefix = parts.slice(0, at).join('/').replace(/\\(.)/g, '$1');
  return {
    prefix: prefix === '' && pattern.startsWith('/') ? '/' : prefix,
    rest: parts.slice(at).join('/'),
  };
}

/** A file that a pattern matches. */
export interface Match {
  readonly path: string;
  /** The part of `path` that is not the pattern's own: below its folders without wildcards. */
  readonly below: string;
}

/**
 * The pictures, arrays and archives that a pattern matches, by name. Hidden files, `skip` and what lies below
 * `out` are left out.
 */
export async function matches(pattern: string, skip: ReadonlySet<string>, out: string): Promise<Match[]> {
  const { prefix, rest } = splitPattern(pattern);
  const results = `${resolve(out)}${sep}`;
  const ownResults = `${resolve(prefix)}${sep}`.startsWith(results);
  const names = await glob(rest, { cwd: prefix || undefined, expandDirectories: false });
  return names
    .sort()
    .filter((name) => isInput(basename(name)) || isArchive(basename(name)))
    .map((name) => ({ path: join(prefix, name), below: name.startsWith('..') ? basename(name) : name }))
    .filter(({ path }) => {
      const full = resolve(path);
      return !skip.has(full) && (ownResults || !full.startsWith(results));
    });
}
