import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

function manifest(folder: string): { name?: unknown; version?: unknown } | undefined {
  try {
    return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  } catch {
    return undefined;
  }
}

/** The folder and version of this package, whether it runs from `src` or from `dist`. */
export function packageRoot(): { readonly folder: string; readonly version: string } {
  let folder = dirname(fileURLToPath(import.meta.url));
  for (;;) {
    const found = manifest(folder);
    if (found?.name === 'onnx-cam') return { folder, version: String(found.version) };
    const parent = dirname(folder);
    if (parent === folder) return { folder: process.cwd(), version: 'unknown' };
    folder = parent;
  }
}
