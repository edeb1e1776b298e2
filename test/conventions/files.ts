import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The checkout's path, with a slash at the end. */
export const root = fileURLToPath(new URL('../../', import.meta.url));

export const readText = (path: string): string => readFileSync(root + path, 'utf8');

/** Paths of the files in a folder that end in `ending`, relative to the checkout, sorted. */
export function filesIn(folder: string, ending: string, depth: 'flat' | 'deep' = 'deep'): string[] {
  return readdirSync(root + folder, { recursive: depth === 'deep', withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(ending))
    .map((entry) => `${entry.parentPath}/${entry.name}`.slice(root.length).replaceAll('\\', '/'))
    .sort();
}
