import { expect, test } from 'vitest';
import { filesIn, readText } from './files.js';

/** The names that a file of src/methods gives to methods: literals, not what a factory makes up. */
const namesOf = (source: string): string[] =>
  [...source.matchAll(/^ +name: '([a-z][a-z0-9+-]*)',$/gm)].map(([, name]) => name);

interface Sources {
  readonly names: string;
  readonly index: string;
  readonly tests: string;
}

/** A method without options that names.ts does not list: the build finds it. */
const isFound = (source: string, name: string): boolean =>
  new RegExp(`^export const \\w+[^=]*= \\{\\n {2}name: '${name.replaceAll('+', '\\+')}',`, 'm').test(source);

/** What a method lacks, each with what to write. */
function lacking(file: string, source: string, { names, index, tests }: Sources): string[] {
  const stem = file.replace(/^.*\//, '').replace('.ts', '');
  return namesOf(source).flatMap((name) => [
    ...(names.includes(`'${name}'`) || isFound(source, name)
      ? []
      : [
          `${name}: write «export const … = {» with «name: '${name}',» as its first field, or, of a method with options, a line in src/methods/names.ts and one in src/methods/index.ts`,
        ]),
    ...(!names.includes(`'${name}'`) ||
    (index.includes(`./${stem}.js'`) && new RegExp(`^  '?${name.replaceAll('+', '\\+')}'?:`, 'm').test(index))
      ? []
      : [
          `${name}: write «'${name}': (options?: MethodOptions) => …» in the registry of src/methods/index.ts, and export it there`,
        ]),
    ...(tests.includes(`'${name}'`)
      ? []
      : [
          `${name}: write test/methods/${stem}.test.ts, with «'${name}'» in it, which holds its map against the formula in float64`,
        ]),
  ]);
}

const sources: Sources = {
  names: readText('src/methods/names.ts'),
  index: readText('src/methods/index.ts'),
  tests: ['test/methods', 'test/explain']
    .flatMap((folder) => filesIn(folder, '.ts'))
    .map(readText)
    .join('\n'),
};

test('each method is registered and tested', () => {
  const files = filesIn('src/methods', '.ts', 'flat');
  expect(files.flatMap((file) => namesOf(readText(file))).length).toBeGreaterThan(15);
  expect(files.flatMap((file) => lacking(file, readText(file), sources))).toEqual([]);
});

test('a method needs its file and its test; one with options two lines more', () => {
  const source = "export const sum: Method = {\n  name: 'sum-cam',\n};\n";
  expect(lacking('src/methods/sum-cam.ts', source, sources)).toEqual([
    "sum-cam: write test/methods/sum-cam.test.ts, with «'sum-cam'» in it, which holds its map against the formula in float64",
  ]);
  const made = "export const sum = (options: SumOptions) => ({\n  name: 'sum-cam',\n});\n";
  expect(lacking('src/methods/sum-cam.ts', made, sources)[0]).toContain(
    'of a method with options, a line in src/methods/names.ts and one in src/methods/index.ts',
  );
  expect(lacking('src/methods/sum-cam.ts', made, { ...sources, names: "'sum-cam'" })[0]).toBe(
    "sum-cam: write «'sum-cam': (options?: MethodOptions) => …» in the registry of src/methods/index.ts, and export it there",
  );
});
