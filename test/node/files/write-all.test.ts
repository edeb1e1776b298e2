import { readdirSync, readFileSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { isStorageFailure, writeAll } from '../../../src/node/files/files.js';
import { readNpy } from '../../../src/node/inputs/npy.js';
import { NpyWriter } from '../../../src/node/outputs/npy-writer.js';
import { Journal } from '../../../src/node/run/journal.js';
import { temporaryFolder } from '../folder.js';

const folder = temporaryFolder();

/** Node's own file handles, all of which write through this. */
const probe = await open(join(folder, 'probe'), 'w');
const handles: Pick<FileHandle, 'write'> = Object.getPrototypeOf(probe);
await probe.close();

const errorOf = (code: string) => Object.assign(new Error(code), { code });

/** Files that take at most `most` bytes in one write, and no more once `room` bytes were written in all. */
function disk({ most = Number.POSITIVE_INFINITY, room = Number.POSITIVE_INFINITY, code = 'ENOSPC' }) {
  const write = handles.write as (...args: unknown[]) => Promise<{ bytesWritten: number }>;
  let left = room;
  return vi.spyOn(handles, 'write').mockImplementation(async function (
    this: FileHandle,
    bytes: Uint8Array,
    from = 0,
    length = bytes.byteLength - from,
    position = null,
  ) {
    if (left === 0) throw errorOf(code);
    const taken = Math.min(length, most, left);
    left -= taken;
    return write.call(this, bytes, from, taken, position);
  } as never);
}

afterEach(() => vi.restoreAllMocks());

const rows = [Float32Array.of(1, 2, 3), Float32Array.of(4, 5, 6)];

async function written(name: string): Promise<Uint8Array> {
  const writer = new NpyWriter(join(folder, name), 2, [3]);
  for (const [row, values] of rows.entries()) await writer.write(row, values);
  await writer.close();
  return readFileSync(join(folder, name));
}

const heading = { options: 'a', model: 'b', preprocessing: 'c', labels: 'd', inputs: 'e' };
const journal = (path: string, resume: boolean) =>
  Journal.open(path, { heading, resume, relocate: () => () => undefined });
const outcome = (index: number) => ({
  index,
  key: `key ${index}`,
  results: [],
  error: `${index}.png: ${'é'.repeat(40)}`,
});

async function told(from: Journal): Promise<unknown[]> {
  const found: unknown[] = [];
  for await (const unit of from.outcomes()) found.push(unit);
  return found;
}

describe('writes that accept fewer bytes than requested', () => {
  test('continue until all bytes are written', async () => {
    const spy = disk({ most: 5 });
    const file = await open(join(folder, 'all'), 'w');
    await writeAll(file, Buffer.from('0123456789abc'), 2);
    await file.close();
    expect(readFileSync(join(folder, 'all'), 'latin1')).toBe('\0\x000123456789abc');
    expect(spy.mock.calls.length).toBe(3);
  });

  test('a write that accepts none is an error, not an endless loop', async () => {
    vi.spyOn(handles, 'write').mockResolvedValue({ bytesWritten: 0, buffer: Buffer.alloc(0) } as never);
    const file = await open(join(folder, 'none'), 'w');
    await expect(writeAll(file, Buffer.of(1), 0)).rejects.toMatchObject({ code: 'EIO' });
    await file.close();
  });

  test('leave arrays and journals as they are without', async () => {
    const whole = await written('whole.npy');
    disk({ most: 3 });
    expect(await written('short.npy')).toEqual(whole);

    const path = join(folder, 'short.jsonl');
    const first = await journal(path, false);
    for (const unit of [0, 1]) await first.add({ unit, outcomes: [outcome(unit)] });
    await first.close(true);
    const again = await journal(path, true);
    expect(await told(again)).toEqual([0, 1].map((unit) => ({ unit, outcomes: [outcome(unit)] })));
    await again.close(true);
  });
});

describe('a full disk', () => {
  test.each(['ENOSPC', 'EDQUOT'])(
    'is reported (%s), and the array continues once there is space',
    async (code) => {
      const name = `full-${code}.npy`;
      const writer = new NpyWriter(join(folder, name), 2, [3]);
      await writer.write(0, rows[0]);
      disk({ room: 7, code });
      const failure = await writer.write(1, rows[1]).catch((error: unknown) => error);
      expect(failure).toMatchObject({ code: 'output', message: expect.stringContaining(`(${code}).`) });
      expect(isStorageFailure(failure)).toBe(true);
      await writer.release();
      // Nor is it given a name while a row is missing.
      await expect(new NpyWriter(join(folder, name), 2, [3]).close(new Set([0]))).rejects.toThrow(code);
      expect(readdirSync(folder).filter((file) => file.startsWith(name))).toEqual([
        `${name}.onnx-cam.partial`,
      ]);

      vi.restoreAllMocks();
      const next = new NpyWriter(join(folder, name), 2, [3]);
      await next.write(1, rows[1]);
      await next.close(new Set([0, 1]));
      expect((await readNpy(join(folder, name))).data).toEqual(Float32Array.of(1, 2, 3, 4, 5, 6));
    },
  );

  test('cuts a line of the journal short: its unit counts as not done, earlier ones as done', async () => {
    const path = join(folder, 'full.jsonl');
    const first = await journal(path, false);
    await first.add({ unit: 0, outcomes: [outcome(0)] });
    disk({ room: 30 });
    await expect(first.add({ unit: 1, outcomes: [outcome(1)] })).rejects.toThrow('no space left');
    expect(await told(first)).toHaveLength(1);
    await first.close(true);
    vi.restoreAllMocks();
    const again = await journal(path, true);
    expect(await told(again)).toEqual([{ unit: 0, outcomes: [outcome(0)] }]);
    await again.add({ unit: 1, outcomes: [outcome(1)] });
    await again.close(true);
    const last = await journal(path, true);
    expect(await told(last)).toHaveLength(2);
    await last.close(true);
  });
});
