import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join, parse, relative } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { mapConcurrently } from '../../../src/node/files/concurrent.js';
import { WrittenFiles, writtenFilesPath } from '../../../src/node/files/written-files.js';
import { collectInputs } from '../../../src/node/inputs/collect.js';
import { type Input, imageStem } from '../../../src/node/inputs/input.js';
import { npyHeader } from '../../../src/node/inputs/npy.js';
import { withDistinctStems } from '../../../src/node/run/stems.js';
import { temporaryFolder } from '../folder.js';
import { tarOf } from './archive-case.js';
import { zipOf } from './zip-bytes.js';

/** Each test has its own folder as the current one, with the files that it put there. */
const root = temporaryFolder();
let folder = '';
let count = 0;

beforeEach(() => {
  folder = join(root, `case-${count++}`);
  mkdirSync(folder);
  vi.spyOn(process, 'cwd').mockReturnValue(folder);
});
afterEach(() => vi.restoreAllMocks());

function put(name: string, content: string | Uint8Array = 'x'): string {
  const path = join(folder, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
  return path;
}

const tensor = (count: number): Uint8Array =>
  Buffer.concat([npyHeader([count, 3, 1, 1]), Buffer.alloc(12 * count)]);

/** Below the test's folder, which the current folder of the process is not. */
const at = (...names: string[]): string[] => names.map((name) => join(folder, name));

const collect = (paths: readonly string[], list?: string): Promise<Input[]> =>
  collectInputs(paths, join(folder, 'out'), { list });

const stems = (inputs: readonly Input[]): string[] =>
  inputs.map((input) => (input.kind === 'failed' ? `! ${input.error}` : input.stem));

describe('patterns', () => {
  test('are expanded by name, and results mirror the folders below what has no wildcard', async () => {
    for (const name of [
      'pics/b/2.jpg',
      'pics/b/deep/3.png',
      'pics/a/1.JPG',
      'pics/a/notes.txt',
      'pics/0.webp',
    ])
      put(name);
    expect(stems(await collect(at('pics/**/*')))).toEqual(['0', 'a/1', 'b/2', 'b/deep/3']);
    expect(stems(await collect(at('*/b/*.jpg')))).toEqual(['pics/b/2']);
    expect(stems(await collect(at('pics/{a,b/deep}/*')))).toEqual(['a/1', 'b/deep/3']);
    expect((await collect(at('pics/?.webp'))).map(({ path }) => path)).toEqual(at('pics/0.webp'));
  });

  test('a file of that very name wins, and its folder may look like a pattern', async () => {
    for (const name of ['photo[1].jpg', 'photo1.jpg', 'x(y)/a.jpg', '{b}/c.jpg']) put(name);
    expect(stems(await collect(at('photo[1].jpg', 'x(y)/a.jpg', '{b}')))).toEqual(['photo[1]', 'a', 'c']);
    expect(stems(await collect(at('photo[12].jpg')))).toEqual(['photo1']);
  });

  test('leave out hidden files, the results and those of the previous run', async () => {
    for (const name of ['.h.jpg', '.git/x.jpg', 'a.jpg', 'a.cam.png', 'out/a.cam.png']) put(name);
    expect(stems(await collect(at('**/*.{jpg,png}')))).toEqual(['a.cam', 'a']);
    const files = new WrittenFiles(folder, writtenFilesPath(folder, ''));
    put('a.cam.png.partial', 'result');
    await files.finish(join(folder, 'a.cam.png.partial'), join(folder, 'a.cam.png'));
    await files.close();
    expect(stems(await collectInputs(at('*.{jpg,png}'), folder))).toEqual(['a']);
    // Asked for by name, results of before are pictures like others.
    expect(stems(await collect(at('out/*.png')))).toEqual(['a.cam']);
  });

  test('match archives and arrays too', async () => {
    put('sets/x.zip', zipOf([{ name: 'd/1.png', data: Buffer.from('x') }]));
    put('sets/y.tar', await tarOf([{ name: '2.png', data: Buffer.from('x') }]));
    put('sets/z.npy', tensor(1));
    expect(stems(await collect(at('s*/*')))).toEqual(['sets/x/d/1', 'sets/y/2', 'sets/z']);
  });

  test('that match nothing are a failed input', async () => {
    put('a.txt');
    const [none] = at('*.txt');
    expect(stems(await collect([none, ...at('gone/*.jpg')]))).toEqual(
      [none, ...at('gone/*.jpg')].map(
        (path) =>
          `! ${path}: there is no such file, and as a pattern it matches no picture, tensor or archive.`,
      ),
    );
  });
});

describe('--list', () => {
  test('names files, folders, patterns and archives; results mirror the folders as seen from here', async () => {
    for (const name of ['cat/1.jpg', 'dog/1.jpg', 'more/deep/2.jpg', 'g/3.jpg']) put(name);
    put('z/x.zip', zipOf([{ name: 'd/4.png', data: Buffer.from('x') }]));
    put('other.jpg');
    const lines = at('cat/1.jpg', './dog/../dog/1.jpg', 'more', 'g/*.jpg', 'z/x.zip', 'missing.jpg');
    const list = put('list.txt', lines.join('\n'));
    const inputs = await collect(at('other.jpg'), list);
    expect(stems(inputs)).toEqual([
      'other',
      'cat/1',
      'dog/1',
      'more/deep/2',
      'g/3',
      'z/x/d/4',
      `! ${at('missing.jpg')[0]}: could not be read: no such file or folder (ENOENT).`,
    ]);
    expect(withDistinctStems(inputs).renamed).toEqual([]);
  });

  test('files elsewhere are mirrored below the root, so that all results are in --out', async () => {
    const path = join(root, 'elsewhere.jpg');
    writeFileSync(path, 'x');
    const place = relative(parse(path).root, path).replaceAll('\\', '/').replace('.jpg', '');
    const list = put('list.txt', path);
    expect(stems(await collect([], list))).toEqual([place]);
  });
});

describe('folders', () => {
  test('archives in them are not opened: they often hold the very pictures that lie beside them', async () => {
    put('f/x.zip', zipOf([{ name: '1.png', data: Buffer.from('x') }]));
    put('f/1.png');
    expect(stems(await collect(at('f')))).toEqual(['1']);
  });

  test('links to files are followed, links to folders are not', async () => {
    put('f/a/1.png');
    symlinkSync(join(folder, 'f/a/1.png'), join(folder, 'f/link.png'));
    symlinkSync(join(folder, 'f'), join(folder, 'f/circle'));
    symlinkSync(join(folder, 'gone'), join(folder, 'f/dangling.png'));
    expect(stems(await collect(at('f')))).toEqual(['a/1', 'link']);
  });

  test('the order does not depend on which header is read first', async () => {
    const names = Array.from({ length: 40 }, (_, i) => `${String(i).padStart(2, '0')}`);
    for (const [i, name] of names.entries()) put(`f/${name}.npy`, i % 3 === 0 ? 'broken' : tensor(i));
    const inputs = await collect(at('f'));
    expect(inputs.map(({ path }) => path)).toEqual(at(...names.map((name) => `f/${name}.npy`)));
    expect(inputs[1]).toMatchObject({ images: { count: 1, imageShape: [3, 1, 1] } });
  });
});

test('inputs are plain data, which other threads get as they are', async () => {
  put('a.jpg');
  put('t.npy', tensor(2));
  put('x.zip', zipOf([{ name: '1.png', data: Buffer.from('x'), method: 8 }]));
  put('y.tar', await tarOf([{ name: '2.png', data: Buffer.from('x') }]));
  const inputs = await collect(at('a.jpg', 't.npy', 'x.zip', 'y.tar', 'none.jpg'));
  expect(inputs.map(({ kind }) => kind)).toEqual(['picture', 'tensor', 'picture', 'picture', 'failed']);
  expect(structuredClone(inputs)).toEqual(inputs);
  const [, several] = inputs;
  expect(several.kind === 'tensor' && imageStem(several, 1)).toBe('t.1');
});

test('archives of one name from two folders: the later one’s results have their own names', async () => {
  const bytes = zipOf([{ name: '1.png', data: Buffer.from('x') }]);
  const paths = [put('a/x.zip', bytes), put('b/x.zip', bytes)];
  expect(stems(withDistinctStems(await collect(paths)).inputs as Input[])).toEqual(['x/1', 'x/1.png']);
});

test('mapConcurrently keeps the order, the limit and the first error', async () => {
  let under = 0;
  let most = 0;
  const work = async (i: number): Promise<number> => {
    most = Math.max(most, ++under);
    for (let turns = 5 - (i % 5); turns > 0; turns--) await Promise.resolve();
    under--;
    if (i === 90) throw new Error('ninety');
    return 2 * i;
  };
  const items = Array.from({ length: 80 }, (_, i) => i);
  expect(await mapConcurrently(items, 7, work)).toEqual(items.map((i) => 2 * i));
  expect(most).toBe(7);
  await expect(mapConcurrently([...items, 90], 7, work)).rejects.toThrow('ninety');
  expect(await mapConcurrently([], 7, work)).toEqual([]);
});
