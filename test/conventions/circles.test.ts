import { dirname, join } from 'node:path/posix';
import { expect, test } from 'vitest';
import { filesIn, readText } from './files.js';
import { importsOf } from './imports.js';

/** Files by what they import, types included, as a graph of paths. */
type Imports = ReadonlyMap<string, readonly string[]>;

function importsIn(folder: string): Imports {
  const files = new Set(['.ts', '.tsx'].flatMap((ending) => filesIn(folder, ending)));
  const resolve = (file: string, module: string): readonly string[] => {
    const target = join(dirname(file), module).replace(/\.jsx?$/, '');
    return [`${target}.ts`, `${target}.tsx`].filter((path) => files.has(path));
  };
  return new Map(
    Array.from(files, (file) => [
      file,
      importsOf(readText(file))
        .filter((module) => module.startsWith('.'))
        .flatMap((module) => resolve(file, module)),
    ]),
  );
}

/** The first circle that is found, as the files on it. */
function circle(imports: Imports): readonly string[] | undefined {
  const done = new Set<string>();
  const path: string[] = [];
  const visit = (file: string): readonly string[] | undefined => {
    if (path.includes(file)) return [...path.slice(path.indexOf(file)), file];
    if (done.has(file)) return undefined;
    path.push(file);
    for (const next of imports.get(file) ?? []) {
      const found = visit(next);
      if (found) return found;
    }
    path.pop();
    done.add(file);
    return undefined;
  };
  for (const file of imports.keys()) {
    const found = visit(file);
    if (found) return found;
  }
  return undefined;
}

test.for(['src', 'assembly', 'web'])('no file of %s imports itself through others', (folder) => {
  const imports = importsIn(folder);
  expect(imports.size).toBeGreaterThan(10);
  expect(circle(imports)).toBeUndefined();
});

test('a circle is found, and what meets twice is none', () => {
  const graph = (edges: Record<string, readonly string[]>) => new Map(Object.entries(edges));
  expect(circle(graph({ a: ['b', 'c'], b: ['d'], c: ['d'], d: [] }))).toBeUndefined();
  expect(circle(graph({ a: ['b'], b: ['c'], c: ['b'] }))).toEqual(['b', 'c', 'b']);
});
