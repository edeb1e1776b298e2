/** The models of full size that `scripts/full-size-models.mjs` writes. */

import { execFileSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');

/** The command line, after `writeFullSizeModels`. */
export const cli = join(root, 'dist/node/cli.js');

/**
 * Builds the package, and writes these models to `folder`.
 * @returns The path of each, by name.
 */
export function writeFullSizeModels(
  folder: string,
  names: readonly string[],
): Readonly<Record<string, string>> {
  const node = (...args: string[]) => execFileSync(process.execPath, args, { cwd: root, stdio: 'ignore' });
  node('scripts/build.mjs');
  node('scripts/full-size-models.mjs', '--out', folder, ...names);
  return Object.fromEntries(names.map((name) => [name, join(folder, `${name}.onnx`)]));
}
