// `#import "shared/<name>.wgsl"` in a shader: the named file's text follows the shader's own, so that the
// lines of the shader keep their numbers. A mark precedes it, by which `src/backends/source-line.ts` finds
// file and line of what the device reports.
//
// The shared file says «// The importing shader declares: A, B»; each of these must be there.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = dirname(fileURLToPath(import.meta.url));

/** The texts of the shared files by the path that an import names, `shared/<name>.wgsl`. */
export function sharedFiles() {
  const names = readdirSync(join(folder, 'shared')).filter((name) => name.endsWith('.wgsl'));
  return Object.fromEntries(
    names.sort().map((name) => [`shared/${name}`, readFileSync(join(folder, 'shared', name), 'utf8')]),
  );
}

// Comments go, lines and columns stay.
const withoutComments = (source) =>
  source
    .split('\n')
    .map((line) => line.replace(/\/\/.*$/, '').trimEnd())
    .join('\n')
    .trimEnd();

const declares = (code, name) =>
  new RegExp(`^\\s*(?:alias|struct|fn|const|override|var(?:<[^>]*>)?)\\s+${name}\\b`, 'm').test(code);

/**
 * The text that a device compiles: without comments, imported files at its end. Throws an Error that starts
 * with `file:line:` for an import of no file, one that is missing, and a declaration that an import needs.
 */
export function resolveImports(file, source, shared = sharedFiles()) {
  const fail = (line, message) => {
    throw new Error(`${file}:${line}: ${message}`);
  };
  const own = withoutComments(source);
  const imported = [];
  const lines = own.split('\n').map((text, i) => {
    if (!text.includes('#import')) return text;
    const [, path] =
      /^#import "([^"]+)"$/.exec(text) ?? fail(i + 1, 'expected «#import "shared/<name>.wgsl"».');
    const there = Object.keys(shared).join(', ');
    if (!Object.hasOwn(shared, path)) fail(i + 1, `no file kernels/${path}. There is ${there}.`);
    const [, list = ''] = /^\/\/ The importing shader declares: (.*)$/m.exec(shared[path]) ?? [];
    for (const name of list.split(', ').filter(Boolean)) {
      if (!declares(own, name))
        fail(i + 1, `expected a declaration of «${name}», which kernels/${path} uses.`);
    }
    imported.push(path);
    return '';
  });
  for (const [path, text] of Object.entries(shared)) {
    if (imported.includes(path)) continue;
    for (const [, name] of text.matchAll(/^fn (\w+)/gm)) {
      const at = lines.findIndex((line) => new RegExp(`(?<!\\bfn )\\b${name}\\(`).test(line));
      if (at >= 0 && !declares(own, name))
        fail(at + 1, `«${name}» is declared in kernels/${path}: write «#import "${path}"» above.`);
    }
  }
  const parts = imported.map((path) => `//# kernels/${path}\n${withoutComments(shared[path])}`);
  return [lines.join('\n').trimEnd(), ...parts].join('\n');
}
