import { expect, test } from 'vitest';
import { filesIn, readText } from './files.js';

/** The names that a file of src/methods gives to methods: literals, not what a factory makes up. */
const namesOf = (source: string): string[] =>
  [...source.matchAll(/^ +name: '([a-z][a-z+-]*)',$/gm)].map(([, name]) => name);

interface Sources {
  readonly names: string;
  readonly index: string;
  readonly tests: string;
}

/** What a method lacks, each with what to write. */
function lacking(file: string, source: string, { names, index, tests }: Sources): string[] {
  const stem = file.replace(/^.*\//, '').replace('.ts', '');
  return namesOf(source).flatMap((name) => [
    ...(names.includes(`'${name}'`)
      ? []
      : [`${name}: write «'${name}',» in the list of src/methods/names.ts, where --method all shall run it`]),
    ...(index.includes(`./${stem}.js'`) &&
    new RegExp(`^  '?${name.replaceAll('+', '\\+')}'?:`, 'm').test(index)
      ? []
      : [
          `${name}: write «'${name}': (options?: MethodOptions) => fixed(…, options),» in the registry of src/methods/index.ts, and export it there`,
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

test('a method that is not is told what it lacks', () => {
  const source = "export const sum = {\n  name: 'sum-cam',\n};\n";
  expect(lacking('src/methods/sum-cam.ts', source, sources)).toEqual([
    "sum-cam: write «'sum-cam',» in the list of src/methods/names.ts, where --method all shall run it",
    "sum-cam: write «'sum-cam': (options?: MethodOptions) => fixed(…, options),» in the registry of src/methods/index.ts, and export it there",
    "sum-cam: write test/methods/sum-cam.test.ts, with «'sum-cam'» in it, which holds its map against the formula in float64",
  ]);
});
