import { join } from 'node:path';
import { MessageChannel, receiveMessageOnPort } from 'node:worker_threads';
import zlib from 'node:zlib';
import { expect, test } from 'vitest';
import { crc32, crc32ByTable } from '../../../src/node/files/crc32.js';
import { decodeInput } from '../../../src/node/inputs/decode.js';
import type { Input } from '../../../src/node/inputs/input.js';
import { temporaryFolder } from '../folder.js';
import { failures, inputsOf, pictures, png } from './archive-case.js';
import { zipOf } from './zip-bytes.js';

const folder = temporaryFolder();
const path = (name: string): string => join(folder, name);

/** The first pixel of each picture, or why it has none; by what another thread would get of the input. */
async function firstPixels(inputs: readonly Input[]): Promise<unknown[]> {
  const { port1, port2 } = new MessageChannel();
  port1.postMessage(pictures(inputs));
  const sent: ReturnType<typeof pictures> = receiveMessageOnPort(port2)?.message;
  port1.close();
  const read = sent.map(async (input) => [...(await decodeInput(input)).data.subarray(0, 4)]);
  return (await Promise.allSettled(read)).map((one) =>
    one.status === 'fulfilled' ? one.value : String(one.reason.message),
  );
}

test('stored, deflated, zip64 and with sizes after the data: each entry is read where it lies', async () => {
  const archive = path('photos.zip');
  const inputs = await inputsOf(
    archive,
    zipOf([
      { name: 'a.png', data: await png(1) },
      { name: 'dir/b.PNG', data: await png(2), method: 8 },
      // Streaming writers know sizes only afterwards: the local header says 0.
      { name: 'dir/deep/c.jpeg', data: await png(3), method: 8, flags: 0x808 },
      { name: 'd.webp', data: await png(4), zip64: true },
      // Data begin by the local header's lengths, which differ from the directory's where timestamps stand in
      // one alone.
      { name: 'e.png', data: await png(5), localExtra: 28 },
      { name: 'readme.txt', data: Buffer.from('text') },
      { name: 'dir/', data: Buffer.alloc(0) },
    ]),
  );
  expect(inputs.map(({ kind, path }) => [kind, path])).toEqual(
    ['a.png', 'dir/b.PNG', 'dir/deep/c.jpeg', 'd.webp', 'e.png'].map((name) => [
      'picture',
      `${archive}/${name}`,
    ]),
  );
  expect(pictures(inputs).map(({ stem }) => stem)).toEqual(
    ['a', 'dir/b', 'dir/deep/c', 'd', 'e'].map((stem) => `photos/${stem}`),
  );
  expect(await firstPixels(inputs)).toEqual([1, 2, 3, 4, 5].map((red) => [red, 0, 0, 255]));
});

test('names: CP437 without the flag, Unicode with it, and with the field that older zips add', async () => {
  const data = await png(7);
  const inputs = await inputsOf(
    path('names.zip'),
    zipOf([
      { name: Uint8Array.of(0x84, 0x2e, 0x70, 0x6e, 0x67), data, flags: 0 },
      { name: 'ヒタキ/é.png', data },
      // What Windows tools of old write.
      { name: 'win\\dir\\f.png', data },
    ]),
  );
  expect(pictures(inputs).map(({ stem }) => stem)).toEqual(['names/ä', 'names/ヒタキ/é', 'names/win/dir/f']);
});

test('hostile entries are failed inputs or left out; nothing is written outside the archive’s folder', async () => {
  const data = await png(9);
  const archive = path('hostile.zip');
  const inputs = await inputsOf(
    archive,
    zipOf([
      { name: '../up.png', data },
      { name: 'a/../../up.png', data },
      { name: '..\\up.png', data },
      { name: '/etc/root.png', data },
      { name: '\\\\server\\share.png', data },
      { name: 'C:/drive.png', data },
      { name: 'nul\0.png', data },
      { name: 'link.png', data: Buffer.from('/etc/passwd'), mode: 0o120777 },
      { name: 'secret.png', data, flags: 0x801 },
      { name: 'lzma.png', data, method: 14 },
      { name: 'bomb.png', data, size: 2 ** 31 },
      { name: 'array.npy', data },
      { name: './good.png', data },
      { name: 'good.png', data: await png(8) },
      { name: '__MACOSX/._good.png', data },
      { name: '.hidden/x.png', data },
      { name: '.png', data },
    ]),
  );
  expect(pictures(inputs)).toMatchObject([{ path: `${archive}/good.png`, stem: 'hostile/good' }]);
  const outside = 'expected a name that lies in the archive (results go where it says), got';
  expect(failures(inputs).map(({ error }) => error)).toEqual(
    [
      `../up.png: ${outside} one with "..".`,
      `a/../../up.png: ${outside} one with "..".`,
      `../up.png: ${outside} one with "..".`,
      `/etc/root.png: ${outside} an absolute path.`,
      `//server/share.png: ${outside} an absolute path.`,
      `C:/drive.png: ${outside} an absolute path.`,
      `nul\0.png: ${outside} one with a NUL.`,
      'link.png: could not be read: it is not a regular file but of type symlink.',
      'secret.png: could not be read: it is encrypted.',
      'lzma.png: could not be read: its compression (method 14) is not supported; "store" and "deflate" are.',
      'bomb.png: expected at most 1 GiB, got 2147483648 bytes.',
      'array.npy: expected a picture, got an array: those are read from files alone. Unpack it first.',
      'good.png: expected each name once in the archive; the first one is taken.',
    ].map((text) => `${archive}/${text}`),
  );
  expect(await firstPixels(inputs)).toEqual([[9, 0, 0, 255]]);
});

test('an archive whose name is dots puts its results below --out all the same', async () => {
  const inputs = await inputsOf(path('...zip'), zipOf([{ name: 'a.png', data: await png(1) }]));
  expect(pictures(inputs).map(({ stem }) => stem)).toEqual(['.._/a']);
});

test('damaged data are that entry’s own: a wrong checksum, too many and too few bytes, cut-off data', async () => {
  const data = await png(1);
  const whole = zipOf([
    { name: 'crc.png', data, crc: 1 },
    // Inflates to more than is stated: stopped there, not after.
    { name: 'more.png', data, method: 8, size: data.length - 1 },
    { name: 'less.png', data, method: 8, size: data.length + 1 },
    { name: 'good.png', data },
  ]);
  const archive = path('damaged.zip');
  const inputs = await inputsOf(archive, whole);
  expect(await firstPixels(inputs)).toEqual([
    `${archive}/crc.png: could not be read: the entry is damaged: its checksum (CRC-32) differs.`,
    `${archive}/more.png: could not be read: the entry is damaged: its data cannot be inflated to the size that is stated.`,
    `${archive}/less.png: could not be read: the entry is damaged: expected ${data.length + 1} bytes, got ${data.length}.`,
    [1, 0, 0, 255],
  ]);
  const header = whole.indexOf(Buffer.from('PK\x03\x04', 'latin1'), 4);
  whole.write('XX', header);
  expect((await firstPixels(await inputsOf(archive, whole)))[1]).toBe(
    `${archive}/more.png: could not be read: the archive has no entry where its directory says.`,
  );
});

test('a damaged directory: entries before the damage are read, the rest is one failed input', async () => {
  const data = await png(6);
  const whole = zipOf(['a.png', 'b.png', 'c.png'].map((name) => ({ name, data })));
  const third = whole.lastIndexOf(Buffer.from('PK\x01\x02', 'latin1'));
  whole.write('XX', third);
  const archive = path('directory.zip');
  const inputs = await inputsOf(archive, whole);
  expect(await firstPixels(inputs)).toEqual([
    [6, 0, 0, 255],
    [6, 0, 0, 255],
  ]);
  expect(failures(inputs)).toMatchObject([
    {
      path: archive,
      error: expect.stringMatching(
        /directory\.zip: could not be read after .*\/b\.png: invalid central directory file header signature/,
      ),
    },
  ]);
});

test('a truncated archive, one that is none and an empty one are one failed input each', async () => {
  const whole = zipOf([{ name: 'a.png', data: await png(1) }]);
  const error = async (name: string, bytes: Uint8Array): Promise<unknown> => {
    const inputs = await inputsOf(path(name), bytes);
    expect(inputs).toHaveLength(1);
    return failures(inputs)[0].error;
  };
  const noEnd =
    'could not be read from its beginning: End of central directory record signature not found. Either not a zip file, or file is truncated.';
  expect(await error('cut.zip', whole.subarray(0, -10))).toBe(`${path('cut.zip')}: ${noEnd}`);
  expect(await error('text.zip', Buffer.from('I am text'))).toBe(`${path('text.zip')}: ${noEnd}`);
  expect(await error('nothing.zip', Buffer.alloc(0))).toBe(`${path('nothing.zip')}: ${noEnd}`);
  expect(await error('none.zip', zipOf([]))).toBe(
    `${path('none.zip')}: expected pictures in the archive (.jpg .jpeg .png .webp .tif .tiff .gif .avif), got none.`,
  );
});

test('70,000 entries, more than 16 bits count: all are there, in order, the last one readable', async () => {
  const tiny = Buffer.from('x');
  const entries = Array.from({ length: 70_000 }, (_, i) => ({ name: `${i % 7}/${i}.png`, data: tiny }));
  const inputs = await inputsOf(
    path('many.zip'),
    zipOf([...entries, { name: 'last.png', data: await png(3) }]),
  );
  expect(inputs).toHaveLength(70_001);
  expect(inputs[69_999]).toMatchObject({ stem: 'many/6/69999' });
  expect(await firstPixels(inputs.slice(-1))).toEqual([[3, 0, 0, 255]]);
});

test('CRC-32 by table is CRC-32', () => {
  // The check value of the catalogue of CRCs; bytes over 127 would show a sign lost.
  expect(crc32ByTable(Buffer.from('123456789'))).toBe(0xcbf43926);
  const bytes = Uint8Array.from({ length: 1000 }, (_, i) => (i * 37 + (i >> 3)) & 255);
  expect(crc32ByTable(bytes)).toBe(crc32(bytes));
  if (typeof zlib.crc32 === 'function') expect(crc32(bytes)).toBe(zlib.crc32(bytes));
});
