import type { Dirent } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { extname, join, resolve, sep } from 'node:path';
import { ownFiles } from '../files/written-files.js';
import { pictureExtensions } from './decode.js';

/** Whether a file's name is that of a picture or of an array. */
export const isInput = (name: string): boolean => {
  const extension = extname(name).toLowerCase();
  return !name.startsWith('.') && (extension === '.npy' || pictureExtensions.has(extension));
};

const within = (folder: string, path: string): boolean =>
  `${resolve(path)}${sep}`.startsWith(resolve(folder) === sep ? sep : `${resolve(folder)}${sep}`);

/**
 * Absolute paths that are not inputs: the folder of results, and the files that earlier runs wrote there.
 * @param inputs  Paths and patterns. Where all of them are outside `out`, the results need not be listed.
 */
export async function resultsIn(out: string, inputs: readonly string[]): Promise<ReadonlySet<string>> {
  const skip = new Set([resolve(out)]);
  if (!inputs.some((input) => mayBePattern(input) || within(input, out) || within(out, input))) return skip;
  for (const path of await ownFiles(out)) skip.add(path);
  return skip;
}

/**
 * The input files below a folder, by name. Left out are hidden files, `skip`, links to folders (they may form
 * a circle), and anything that is neither file nor folder.
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

/**
 * Whether a name contains a wildcard character. Whether it is a pattern is decided in `patterns.ts`, which is
 * loaded only then.
 */
export const mayBePattern = (path: string): boolean => /[*?[\]{}()!+@|]/.test(path);
