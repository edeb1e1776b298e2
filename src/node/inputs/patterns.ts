/** Names with wildcards. */
import { basename, join, resolve, sep } from 'node:path';
import { glob, isDynamicPattern } from 'tinyglobby';
import { isArchive } from './archive.js';
import { isInput } from './find.js';

/** Whether a path may be a pattern, which means that no file has this name. */
export const isPattern = (path: string): boolean => isDynamicPattern(slashed(path));

const slashed = (path: string): string => (sep === '\\' ? path.replaceAll('\\', '/') : path);

/** A pattern's leading folders, without wildcards, and the rest. */
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

/** A file that matches a pattern. */
export interface Match {
  readonly path: string;
  /** The part of `path` below the pattern's leading folders. */
  readonly below: string;
}

/**
 * The pictures, arrays and archives that match a pattern, by name. Hidden files, `skip` and files below `out`
 * are left out.
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
