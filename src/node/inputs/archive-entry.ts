import type { FileHandle } from 'node:fs/promises';
import { promisify } from 'node:util';
import zlib from 'node:zlib';
import { crc32 } from '../files/crc32.js';
import { openRegular } from '../files/regular-file.js';

/** An entry of a tar archive. Its bytes are stored unchanged. */
export interface TarEntry {
  readonly kind: 'tar';
  /** Path of the archive. */
  readonly archive: string;
  /** Byte offset of the entry's data. */
  readonly offset: number;
  /** Bytes. */
  readonly size: number;
}

/** An entry of a zip archive. */
export interface ZipEntry {
  readonly kind: 'zip';
  /** Path of the archive. */
  readonly archive: string;
  /** Byte offset of the entry's local header; the data follow it. */
  readonly offset: number;
  /** Bytes after inflating. */
  readonly size: number;
  /** Bytes in the archive. */
  readonly compressedSize: number;
  readonly deflated: boolean;
  readonly crc32: number;
}

/**
 * The location of one file inside an archive. Plain data: any thread can read the file without listing the
 * archive again.
 */
export type ArchiveEntry = TarEntry | ZipEntry;

/** What an archive states about one of its entries, not validated. */
export interface Listed {
  /**
   * As written in the archive; folders are separated by `/`, or by the separator of the program that made it.
   */
  readonly name: string;
  readonly folder: boolean;
  /** Why the entry cannot be read, where that is known already; a clause. */
  readonly refused?: string;
  readonly entry: ArchiveEntry;
}

const inflate = promisify(zlib.inflateRaw);

/** Bytes up to which an entry is inflated in one call, which needs its size twice for a moment. */
const AT_ONCE = 2 ** 20;

/**
 * Throws where the data inflate to more than `size`; returns less where they inflate to less.
 * @param target  Memory for a large result, used if it is large enough.
 */
async function inflated(stored: Buffer, size: number, target?: Uint8Array): Promise<Uint8Array> {
  if (size <= AT_ONCE) return inflate(stored, { maxOutputLength: Math.max(1, size) });
  const bytes = target ? target.subarray(0, size) : Buffer.allocUnsafeSlow(size);
  const inflating = zlib.createInflateRaw({ chunkSize: 2 ** 16 });
  inflating.end(stored);
  let done = 0;
  for await (const part of inflating) {
    bytes.set(part, done); // throws where it does not fit
    done += part.length;
  }
  return bytes.subarray(0, done);
}

const LOCAL_HEADER = { signature: 0x04034b50, length: 30, nameLength: 26, extraLength: 28 } as const;

/** Fills a new buffer, starting at `position`. Throws where the archive ends early. */
async function bytesAt(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafeSlow(length);
  let done = 0;
  while (done < length) {
    const { bytesRead } = await file.read(bytes, done, length - done, position + done);
    if (bytesRead === 0) throw new Error('the archive ends before the entry does');
    done += bytesRead;
  }
  return bytes;
}

/** Byte offset of an entry's data, from its local header. */
async function dataOffset(file: FileHandle, entry: ZipEntry): Promise<number> {
  const header = await bytesAt(file, entry.offset, LOCAL_HEADER.length);
  if (header.readUInt32LE(0) !== LOCAL_HEADER.signature)
    throw new Error('the archive has no entry where its directory says');
  const names = header.readUInt16LE(LOCAL_HEADER.nameLength) + header.readUInt16LE(LOCAL_HEADER.extraLength);
  return entry.offset + LOCAL_HEADER.length + names;
}

/** The first bytes of the entry; nothing more is inflated. */
async function zipStart(file: FileHandle, entry: ZipEntry, length: number): Promise<Uint8Array> {
  const stored = await bytesAt(file, await dataOffset(file, entry), Math.min(length, entry.compressedSize));
  if (!entry.deflated) return stored;
  const inflating = zlib.createInflateRaw({ finishFlush: zlib.constants.Z_SYNC_FLUSH });
  inflating.end(stored);
  const parts: Buffer[] = [];
  let got = 0;
  try {
    for await (const part of inflating) {
      parts.push(part);
      got += part.length;
      if (got >= length) break;
    }
  } catch (error) {
    throw new Error('the entry is damaged: its data cannot be inflated', { cause: error });
  }
  return Buffer.concat(parts).subarray(0, length);
}

async function readZip(file: FileHandle, entry: ZipEntry, target?: Uint8Array): Promise<Uint8Array> {
  const stored = await bytesAt(file, await dataOffset(file, entry), entry.compressedSize);
  let bytes: Uint8Array;
  try {
    // Inflating stops at the size that the directory states, so an entry cannot inflate without end.
    bytes = entry.deflated ? await inflated(stored, entry.size, target) : stored;
  } catch (error) {
    throw new Error('the entry is damaged: its data cannot be inflated to the size that is stated', {
      cause: error,
    });
  }
  if (bytes.length !== entry.size)
    throw new Error(`the entry is damaged: expected ${entry.size} bytes, got ${bytes.length}`);
  if (crc32(bytes) !== entry.crc32) throw new Error('the entry is damaged: its checksum (CRC-32) differs');
  return bytes;
}

async function withArchive<T>({ archive }: ArchiveEntry, use: (file: FileHandle) => Promise<T>): Promise<T> {
  const file = await openRegular(archive);
  try {
    return await use(file);
  } finally {
    await file.close();
  }
}

/**
 * Reads one entry. Rejects with the operating system's error, or with an error that says what is wrong with
 * the archive.
 * @param target  Memory that may be used for the entry, at least of its size.
 */
export const readEntry = (entry: ArchiveEntry, target?: Uint8Array): Promise<Uint8Array> =>
  withArchive(entry, (file) =>
    entry.kind === 'tar' ? bytesAt(file, entry.offset, entry.size) : readZip(file, entry, target),
  );

/**
 * Reads at most `length` bytes from the start of an entry. Rejects as `readEntry` does. Damage in the rest of
 * the entry is not detected.
 */
export const readEntryStart = (entry: ArchiveEntry, length: number): Promise<Uint8Array> =>
  withArchive(entry, (file) =>
    entry.kind === 'tar'
      ? bytesAt(file, entry.offset, Math.min(length, entry.size))
      : zipStart(file, entry, length),
  );
