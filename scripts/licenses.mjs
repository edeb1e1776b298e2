// The licences of packages whose code lies in a bundle: they ask to go with every copy.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The file with a package's licence: its own, else licenses/NAME.txt of this project. */
function licenseFile(root, folder, name) {
  const own = readdirSync(join(root, folder)).find((file) => /^licen[cs]e/i.test(file));
  if (own !== undefined) return join(root, folder, own);
  const kept = join(root, 'licenses', `${name}.txt`);
  if (existsSync(kept)) return kept;
  throw new Error(`${name}: expected a file with its licence, got none. Write it to licenses/${name}.txt.`);
}

/**
 * The texts, one package after the other.
 * @param inputs  Paths of the files in the bundle, relative to `root`, as esbuild's metafile has them.
 * @throws For a package whose licence is nowhere.
 */
export function licenseTexts(root, inputs) {
  const folders = inputs.map((path) => /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1]);
  const texts = [...new Set(folders)]
    .filter(Boolean)
    .sort()
    .map((folder) => {
      const { name, version } = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'));
      return `${name} ${version}\n\n${readFileSync(licenseFile(root, folder, name), 'utf8').trim()}\n`;
    });
  return `The command line contains these packages.\n\n${texts.join(`\n${'-'.repeat(80)}\n\n`)}`;
}
