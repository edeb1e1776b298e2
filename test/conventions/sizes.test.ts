import { expect, test } from 'vitest';
import { filesIn, readText } from './files.js';

const LIMIT = 300;
const COLUMNS = 110;

const isMade = (path: string) => path.startsWith('src/generated/') || path.startsWith('assembly/build/');
const linesOf = (text: string): number => text.split('\n').length - (text.endsWith('\n') ? 1 : 0);

const files = ['src', 'kernels', 'assembly', 'test', 'bench', 'scripts', 'web']
  .flatMap((folder) => ['.ts', '.mjs', '.mts', '.wgsl', '.js'].flatMap((ending) => filesIn(folder, ending)))
  .filter((path) => !isMade(path));

test('no source file has more than 300 lines', () => {
  expect(files.length).toBeGreaterThan(50);
  const long = files.map((path) => `${path}: ${linesOf(readText(path))}`);
  expect(long.filter((line) => Number(line.split(': ')[1]) > LIMIT)).toEqual([]);
});

// A quotation mark before `//` makes it a part of a string, such as an address.
const isComment = (line: string) => /^\s*(\/\/|\/?\*)|^[^'"`]*\/\/ /.test(line);

test(`no comment is wider than ${COLUMNS} columns`, () => {
  const wide = files.flatMap((path) =>
    readText(path)
      .split('\n')
      .flatMap((line, i) => ([...line].length > COLUMNS && isComment(line) ? [`${path}:${i + 1}`] : [])),
  );
  expect(wide).toEqual([]);
});

test('lines are counted with and without a newline at the end', () => {
  expect([linesOf('a\nb\n'), linesOf('a\nb'), linesOf(`${'x\n'.repeat(301)}`)]).toEqual([2, 2, 301]);
});
