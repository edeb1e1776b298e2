import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { npyHeader, openNpyImages, readNpy, readNpyImage } from '../../../src/node/inputs/npy.js';
import { NpyWriter } from '../../../src/node/outputs/npy-writer.js';
import { temporaryFolder } from '../folder.js';

const folder = temporaryFolder();
const path = join(folder, 'x.npy');

/** A file as NumPy writes it, with any header. */
function save(header: string, bytes: number | Uint8Array, version = 1): void {
  const size = version === 1 ? 2 : 4;
  const padded = header.padEnd(Math.ceil((6 + 2 + size + header.length + 1) / 64) * 64 - 8 - size - 1);
  const start = Buffer.alloc(8 + size);
  start.write('\x93NUMPY', 'latin1');
  start[6] = version;
  if (version === 1) start.writeUInt16LE(padded.length + 1, 8);
  else start.writeUInt32LE(padded.length + 1, 8);
  const values = typeof bytes === 'number' ? Buffer.alloc(bytes) : bytes;
  writeFileSync(path, Buffer.concat([start, Buffer.from(`${padded}\n`), values]));
}

const header = (descr: string, fortran: string, shape: string): string =>
  `{'descr': '${descr}', 'fortran_order': ${fortran}, 'shape': ${shape}, }`;

describe('reading', () => {
  test.each([1, 2, 3])('version %i', async (version) => {
    const values = Float32Array.from({ length: 12 }, (_, i) => i - 5.5);
    save(header('<f4', 'False', '(3, 2, 2)'), new Uint8Array(values.buffer), version);
    const array = await readNpy(path);
    expect(array.shape).toEqual([3, 2, 2]);
    expect(array.data).toEqual(values);
  });

  test('one image out of several, without the others', async () => {
    const values = Float32Array.from({ length: 24 }, (_, i) => i);
    save(header('<f4', 'False', '(2, 3, 2, 2)'), new Uint8Array(values.buffer));
    const images = await openNpyImages(path);
    expect([images.count, images.imageShape]).toEqual([2, [3, 2, 2]]);
    const second = await readNpyImage(images, 1);
    expect(second.shape).toEqual([3, 2, 2]);
    expect(second.data).toEqual(values.subarray(12));
  });

  test('shapes as Python 2 wrote them', async () => {
    save(header('<f4', 'False', '(3L, 1L, 1L)'), 12);
    expect((await openNpyImages(path)).imageShape).toEqual([3, 1, 1]);
  });

  test.each([
    [
      'float64',
      () => save(header('<f8', 'False', '(3, 2, 2)'), 96),
      "x.npy: expected float32 values ('<f4'), got float64 ('<f8'). Save it with array.astype('<f4').",
    ],
    [
      'bytes',
      () => save(header('|u1', 'False', '(3, 2, 2)'), 12),
      "x.npy: expected float32 values ('<f4'), got uint8 ('|u1'). Save it with array.astype('<f4').",
    ],
    [
      'text',
      () => save(header('<U7', 'False', '(3,)'), 84),
      "x.npy: expected float32 values ('<f4'), got '<U7'. Save it with array.astype('<f4').",
    ],
    [
      'a record',
      () => save("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (3,), }", 12),
      "x.npy: expected one float32 type ('<f4'), got a record.",
    ],
    [
      'the other byte order',
      () => save(header('>f4', 'False', '(3, 2, 2)'), 48),
      "x.npy: expected little-endian float32 ('<f4'), got big-endian ('>f4'). Save it with array.astype('<f4').",
    ],
    [
      'Fortran order',
      () => save(header('<f4', 'True', '(3, 2, 2)'), 48),
      'x.npy: expected C order (last axis contiguous), got Fortran order. Save it with numpy.ascontiguousarray(array).',
    ],
    [
      'one axis too few',
      () => save(header('<f4', 'False', '(2, 2)'), 16),
      'x.npy: expected shape [n, C, H, W] or [C, H, W] (C channels, as many as the model takes), got [2, 2].',
    ],
    [
      'no image',
      () => save(header('<f4', 'False', '(0, 3, 2, 2)'), 0),
      'x.npy: expected at least one image and one pixel, got shape [0, 3, 2, 2].',
    ],
    [
      'values cut off',
      () => save(header('<f4', 'False', '(3, 2, 2)'), 47),
      'x.npy: expected 48 bytes of values (shape [3, 2, 2]), got 47.',
    ],
    ['an empty file', () => writeFileSync(path, ''), 'x.npy: expected a NumPy .npy file, got an empty file.'],
    [
      'a zip under the wrong name',
      () => writeFileSync(path, 'PK\x03\x04 and so on'),
      'x.npy: expected a NumPy .npy file, got something else.',
    ],
    [
      'a future version',
      () => save(header('<f4', 'False', '(3, 2, 2)'), 48, 4),
      'x.npy: expected .npy version 1, 2 or 3, got 4.',
    ],
    [
      'a header that ends too soon',
      () =>
        writeFileSync(
          path,
          Buffer.concat([Buffer.from('\x93NUMPY\x01\x00\x76\x00', 'latin1'), Buffer.from("{'descr'")]),
        ),
      'x.npy: the file ends inside its header.',
    ],
    [
      'a header without a shape',
      () => save("{'descr': '<f4', 'fortran_order': False, }", 4),
      "x.npy: expected a header with 'descr', 'fortran_order' and 'shape', got a damaged one. Save it again with numpy.save.",
    ],
  ])('%s is refused and says how to save it', async (_, write, text) => {
    write();
    await expect(openNpyImages(path)).rejects.toThrow(text);
    await expect(openNpyImages(path)).rejects.toMatchObject({ code: 'input' });
  });

  test('a missing file is named', async () => {
    await expect(readNpy(join(folder, 'none.npy'))).rejects.toThrow(
      'none.npy: could not be read: no such file or folder (ENOENT).',
    );
  });
});

describe('writing', () => {
  test('the header is what NumPy writes: 64-byte aligned, a comma after a single axis', () => {
    const header = Buffer.from(npyHeader([7])).toString('latin1');
    expect(header.length % 64).toBe(0);
    expect(header.slice(10).trimEnd()).toBe("{'descr': '<f4', 'fortran_order': False, 'shape': (7,), }");
    expect(header.endsWith('\n')).toBe(true);
  });

  test('rows may come in any order; those that never come are NaN; the file appears when it is closed', async () => {
    const out = join(folder, 'sub', 'rows.npy');
    const writer = new NpyWriter(out, 3, [1, 2]);
    await writer.write(2, Float32Array.of(5, 6));
    await writer.write(0, Float32Array.of(1, 2));
    expect(readdirSync(join(folder, 'sub'))).not.toContain('rows.npy');
    await writer.close();
    expect(readdirSync(join(folder, 'sub'))).toEqual(['rows.npy']);
    const { data, shape } = await readNpy(out);
    expect(shape).toEqual([3, 1, 2]);
    expect([...data]).toEqual([1, 2, Number.NaN, Number.NaN, 5, 6]);
  });

  test('a view into a larger buffer writes its own values alone', async () => {
    const out = join(folder, 'view.npy');
    const writer = new NpyWriter(out, 1, [2]);
    await writer.write(0, Float32Array.of(9, 1, 2, 9).subarray(1, 3));
    await writer.close();
    expect([...(await readNpy(out)).data]).toEqual([1, 2]);
    expect(readFileSync(out).length).toBe(128 + 8);
  });

  test('rows that do not fit, and paths that cannot be written, are refused', async () => {
    const writer = new NpyWriter(join(folder, 'bad.npy'), 1, [2, 2]);
    await expect(writer.write(0, new Float32Array(3))).rejects.toThrow(
      'bad.npy: expected rows of [2, 2], got 3 values.',
    );
    mkdirSync(join(folder, 'dir.npy'));
    const blocked = new NpyWriter(join(folder, 'dir.npy'), 1, [1]);
    await blocked.write(0, Float32Array.of(1));
    await expect(blocked.close()).rejects.toMatchObject({ code: 'output' });
    expect(readdirSync(folder).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });
});
