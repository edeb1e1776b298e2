import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { collectInputs } from '../../../src/node/inputs/collect.js';
import { decodeInput } from '../../../src/node/inputs/decode.js';
import { listTar } from '../../../src/node/inputs/tar.js';
import { listZip } from '../../../src/node/inputs/zip.js';
import { temporaryFolder } from '../folder.js';
import { failures, inputsOf, pictures, png, tarOf } from './archive-case.js';

const folder = temporaryFolder();
const path = (name: string): string => join(folder, name);
const reds = async (inputs: Parameters<typeof pictures>[0]): Promise<number[]> =>
  Promise.all(pictures(inputs).map(async (input) => (await decodeInput(input)).data[0]));

test('entries are read in place, after pax headers and long names too', async () => {
  const long = `${'long-'.repeat(60)}name`;
  const inputs = await inputsOf(
    path('set.tar'),
    await tarOf([
      { name: './a.png', data: await png(1) },
      { name: 'folder', type: 'directory' },
      { name: 'notes.txt', data: Buffer.from('text') },
      // Not ASCII, and over 255 bytes: both stand in a pax header before the entry.
      { name: 'ヒタキ/é.png', data: await png(2) },
      { name: `dir/${long}.png`, data: await png(3) },
      { name: 'last.png', data: await png(4) },
    ]),
  );
  expect(pictures(inputs).map(({ stem }) => stem)).toEqual([
    'set/a',
    'set/ヒタキ/é',
    `set/dir/${long}`,
    'set/last',
  ]);
  expect(inputs[0].path).toBe(join(folder, 'set.tar/a.png'));
  expect(await reds(inputs)).toEqual([1, 2, 3, 4]);
});

test('an archive of the tar command, whose long names are GNU’s own', async () => {
  const long = `${'g'.repeat(120)}.png`;
  mkdirSync(path('pics'));
  writeFileSync(path(`pics/${long}`), await png(5));
  writeFileSync(path('pics/b.png'), await png(6));
  execFileSync('tar', ['--format=gnu', '-cf', 'gnu.tar', '-C', 'pics', `./${long}`, './b.png'], {
    cwd: folder,
  });
  const inputs = await collectInputs([path('gnu.tar')], path('out'));
  expect(pictures(inputs).map(({ stem }) => stem)).toEqual([`gnu/${'g'.repeat(120)}`, 'gnu/b']);
  expect(await reds(inputs)).toEqual([5, 6]);
});

test('hostile entries are failed inputs or left out', async () => {
  const data = await png(9);
  const archive = path('hostile.tar');
  const inputs = await inputsOf(
    archive,
    await tarOf([
      { name: '../up.png', data },
      { name: '/etc/root.png', data },
      { name: 'a\\..\\..\\up.png', data },
      { name: 'soft.png', type: 'symlink', linkname: '/etc/passwd' },
      { name: 'hard.png', type: 'link', linkname: 'good.png' },
      { name: 'pipe.png', type: 'fifo' },
      { name: 'good.png', data },
      { name: 'good.png', data: await png(1) },
      { name: '._good.png', data },
      { name: 'array.npy', data },
    ]),
  );
  expect(pictures(inputs).map(({ stem }) => stem)).toEqual(['hostile/good']);
  expect(await reds(inputs)).toEqual([9]);
  const outside = 'expected a name that lies in the archive (results go where it says), got';
  expect(failures(inputs).map(({ error }) => error.slice(archive.length + 1))).toEqual([
    `../up.png: ${outside} one with "..".`,
    `/etc/root.png: ${outside} an absolute path.`,
    `a\\..\\..\\up.png: ${outside} one with "..".`,
    'soft.png: could not be read: it is not a regular file but of type symlink.',
    'hard.png: could not be read: it is not a regular file but of type link.',
    'pipe.png: could not be read: it is not a regular file but of type fifo.',
    'good.png: expected each name once in the archive; the first one is taken.',
    'array.npy: expected a picture, got an array: those are read from files alone. Unpack it first.',
  ]);
});

test('truncated at every kind of position: complete entries are read, the rest is one failed input', async () => {
  const data = await png(2);
  const whole = await tarOf(['a.png', 'b.png', 'c.png'].map((name) => ({ name, data })));
  const entry = 512 + Math.ceil(data.length / 512) * 512;
  for (const [end, count] of [
    [2 * entry + 512 + data.length - 1, 2], // inside the data of the third
    [2 * entry + 100, 2], // inside its header
    [entry + 512, 1], // behind the header of the second, before its data
    [100, 0],
  ]) {
    const archive = path(`cut-${end}.tar`);
    const inputs = await inputsOf(archive, whole.subarray(0, end));
    expect(await reds(inputs)).toEqual(Array(count).fill(2));
    const after = count === 0 ? 'from its beginning' : `after ${archive}/${'abc'[count - 1]}.png`;
    expect(failures(inputs).map(({ error }) => error)).toEqual([
      `${archive}: could not be read ${after}: Unexpected end of data.`,
    ]);
  }
  // Without the zero blocks at the end, as some writers leave it: whole nonetheless.
  const inputs = await inputsOf(path('bare.tar'), whole.subarray(0, 3 * entry));
  expect([pictures(inputs).length, failures(inputs).length]).toEqual([3, 0]);
});

test('a header with a wrong checksum ends the reading there', async () => {
  const data = await png(2);
  const whole = await tarOf(['a.png', 'b.png'].map((name) => ({ name, data })));
  whole[512 + Math.ceil(data.length / 512) * 512] ^= 1;
  const inputs = await inputsOf(path('sum.tar'), whole);
  expect(inputs).toMatchObject([
    { kind: 'picture' },
    {
      kind: 'failed',
      error: `${path('sum.tar')}: could not be read after ${path('sum.tar')}/a.png: Invalid tar header. Maybe the tar is corrupted or it needs to be gunzipped.`,
    },
  ]);
});

test('an archive that became shorter since it was listed is the entry’s own error', async () => {
  const archive = path('shrunk.tar');
  const whole = await tarOf([{ name: 'a.png', data: await png(2) }]);
  const [input] = pictures(await inputsOf(archive, whole));
  writeFileSync(archive, whole.subarray(0, 600));
  await expect(decodeInput(input)).rejects.toThrow(
    `${archive}/a.png: could not be read: the archive ends before the entry does.`,
  );
});

test.each(['x.tar.gz', 'x.TGZ', 'x.tar.zst'])('%s: says to unpack it', async (name) => {
  const inputs = await inputsOf(path(name), gzipSync(Buffer.alloc(1024)));
  expect(failures(inputs).map(({ error }) => error)).toEqual([
    `${path(name)}: expected an archive whose pictures can be read one by one (.zip .tar), got a compressed tar. Unpack it to a .tar first (gunzip, unxz, unzstd …).`,
  ]);
});

test('an archive that cannot be opened says why, and never rejects: the other inputs are read', async () => {
  for (const list of [listTar, listZip]) {
    expect(await list(path('gone'), () => undefined)).toMatchObject({ code: 'ENOENT' });
    expect(await list(folder, () => undefined)).toMatchObject({ code: 'EISDIR' });
  }
});
