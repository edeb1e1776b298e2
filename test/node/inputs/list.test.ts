import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { readList } from '../../../src/node/inputs/list.js';
import { temporaryFolder } from '../folder.js';

const folder = temporaryFolder();

function list(content: string | Uint8Array): string {
  const path = join(folder, 'list.txt');
  writeFileSync(path, content);
  return path;
}

describe('readList', () => {
  test.each([
    [
      'lines of either kind, blank ones and comments',
      'a.png\r\n\n  \n# note\nb c.png\r\nd.png',
      ['a.png', 'b c.png', 'd.png'],
    ],
    ['a byte order mark, as Windows editors write it', '\ufeffa.png\n', ['a.png']],
    // Blanks may be part of a name; a # is a comment only where a line begins with it.
    ['blanks and # within names', ' a.png \nno#1.png', [' a.png ', 'no#1.png']],
    [
      'NULs of find -print0: nothing is special, line ends neither',
      'a\nb.png\0# c.png\0\0',
      ['a\nb.png', '# c.png'],
    ],
    ['Unicode', 'ヒタキ/é.png\n', ['ヒタキ/é.png']],
  ])('%s', async (_, content, paths) => {
    expect(await readList(list(content))).toEqual(paths);
  });

  test('- is the standard input, in pieces that split a character', async () => {
    const bytes = Buffer.from('é.png\nb.png');
    const stdin = Readable.from([bytes.subarray(0, 1), bytes.subarray(1)]);
    expect(await readList('-', stdin)).toEqual(['é.png', 'b.png']);
  });

  test('150,000 lines', async () => {
    const lines = Array.from({ length: 150_000 }, (_, i) => `${i}.png`);
    expect(await readList(list(lines.join('\n')))).toEqual(lines);
  });

  test('a list that cannot be read, names nothing or has another encoding ends the run', async () => {
    await expect(readList(join(folder, 'none'))).rejects.toMatchObject({
      code: 'input',
      message: `--list: "${join(folder, 'none')}" could not be read: no such file or folder (ENOENT).`,
    });
    await expect(readList(folder)).rejects.toThrow('could not be read: a folder (EISDIR).');
    const empty = list('# only a comment\n');
    await expect(readList(empty)).rejects.toThrow(
      `--list: expected at least one path in "${empty}", got none.`,
    );
    const latin = list(Uint8Array.of(0xe9, 0x2e, 0x70, 0x6e, 0x67));
    await expect(readList(latin)).rejects.toThrow(`--list: expected "${latin}" in UTF-8, got other bytes.`);
  });
});
