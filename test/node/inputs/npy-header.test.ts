import { closeSync, ftruncateSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CamError } from '../../../src/errors.js';
import { npyHeader, openNpyImages, readNpyInfo } from '../../../src/node/inputs/npy.js';
import { parseNpyHeader } from '../../../src/node/inputs/npy-header.js';
import { temporaryFolder } from '../folder.js';

const folder = temporaryFolder();

const withShape = (shape: string): string => `{'descr': '<f4', 'fortran_order': False, 'shape': ${shape}, }`;

/** A sparse file: a header, and as many bytes as asked for. */
function file(header: Uint8Array, bytes: number): string {
  const path = join(folder, 'x.npy');
  const handle = openSync(path, 'w');
  writeSync(handle, header);
  ftruncateSync(handle, header.length + bytes);
  closeSync(handle);
  return path;
}

function raw(text: string): Uint8Array {
  const start = Buffer.from('\x93NUMPY\x01\0\0\0', 'latin1');
  start.writeUInt16LE(Buffer.byteLength(text), 8);
  return Buffer.concat([start, Buffer.from(text)]);
}

describe('parseNpyHeader', () => {
  test.each([
    ['(3, 4)', [3, 4]],
    ['(3,4,)', [3, 4]],
    ['(3,)', [3]],
    ['( 3L , 4L )', [3, 4]],
    ['()', []],
    ['(0, 4)', [0, 4]],
  ])('%s is a shape', (text, shape) => {
    expect(parseNpyHeader(withShape(text))?.shape).toEqual(shape);
  });

  test.each([
    '(1 9, 3, 2, 2)',
    '(1, 9 9)',
    '(3)',
    '(,)',
    '(, 3)',
    '(3,, 4)',
    '(-3, 4)',
    '(3.0, 4)',
    '(1e8, 4)',
    '(LL,)',
    '(L3,)',
    '(9999999999999999, 4)',
    '[3, 4]',
    '3, 4',
    '((3, 4))',
    '(3, 4',
    'None',
  ])('%s is none', (text) => {
    expect(parseNpyHeader(withShape(text))).toBeUndefined();
  });

  test.each([
    [
      'another order, other quotes, other spaces',
      `{ "shape":(2,) ,\n"descr":"<f4","fortran_order":True}\n\n`,
    ],
    ['no last comma', "{'descr': '<f4', 'fortran_order': True, 'shape': (2,)}"],
  ])('%s', (_, text) => {
    expect(parseNpyHeader(text)).toEqual({ descr: '<f4', fortranOrder: true, shape: [2] });
  });

  test.each([
    ['a key twice', "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), 'shape': (3,)}"],
    ['a key that NumPy does not write', "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), 'x': (3,)}"],
    ['keys inside of a text', `{'descr': "'descr': '<f4', 'fortran_order': False, 'shape': (2,)"}`],
    ['something behind it', `${withShape('(2,)')} 'shape': (9,)`],
    ['something before it', `x${withShape('(2,)')}`],
    ['no comma between', "{'descr': '<f4' 'fortran_order': False, 'shape': (2,)}"],
    ['an empty one', '{}'],
    ['nothing', ''],
  ])('%s is refused', (_, text) => {
    expect(parseNpyHeader(text)).toBeUndefined();
  });
});

test.each([
  ['the values are not there', [100_000_000, 3, 224, 224], 4096, 'bytes of values'],
  [
    'they are, as a hole',
    [100_000_000, 1, 1, 1],
    400_000_000,
    'expected at most 4000000 images in a file, got 100000000',
  ],
  [
    'one image takes more than a model can',
    [1, 3, 60_000, 60_000],
    43_200_000_000,
    'images of at most 67108864 values',
  ],
  ['no file can hold them', [999_999_999_999_999, 3, 224, 224], 0, 'expected a shape that a file can hold'],
])('what is too many or too large is refused by its size: %s', async (_, shape, bytes, text) => {
  const before = process.memoryUsage().rss;
  await expect(openNpyImages(file(npyHeader(shape), bytes))).rejects.toThrow(text);
  expect(process.memoryUsage().rss - before).toBeLessThan(50e6);
});

test('whatever the header: a shape that fits the file to the byte, or a CamError', async () => {
  const piece = fc.constantFrom(
    ...['{', '}', '(', ')', ',', ':', "'", '"', ' ', '\n', '\0', '[', '3', '9', 'L', '1e8', '-1'],
    ...["'descr'", "'fortran_order'", "'shape'", "'<f4'", "'>f4'", 'False', 'True', '(2, 3)', '(2 3,)'],
  );
  const whole = withShape('(2, 3, 1, 1)');
  const cut = fc.tuple(fc.nat(whole.length), fc.nat(12), fc.array(piece, { maxLength: 3 }));
  const header = fc.oneof(
    fc.constant(whole),
    fc.array(piece, { maxLength: 24 }).map((parts) => parts.join('')),
    cut.map(([at, length, parts]) => whole.slice(0, at) + parts.join('') + whole.slice(at + length)),
  );
  let taken = 0;
  await fc.assert(
    fc.asyncProperty(header, fc.constantFrom(0, 4, 8, 24, 72), async (text, bytes) => {
      try {
        const { shape } = await readNpyInfo(file(raw(text), bytes));
        expect(shape.reduce((product, d) => product * d, 4)).toBe(bytes);
        taken++;
      } catch (error) {
        expect(error).toBeInstanceOf(CamError);
      }
    }),
    { numRuns: 1000 },
  );
  expect(taken).toBeGreaterThan(0);
});
