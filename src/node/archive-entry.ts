import type { FileHandle } from 'node:fs/promises';
import { promisify } from 'node:util';
import zlib from 'node:zlib';
import { crc32 } from './crc32.js';
import { openRegular } from './regular-file.js';

/** An entry of a tar archive: its bytes lie in the archive as they are. */
export interface TarEntry {
  readonly kind: 'tar';
  /** Path of the archive. */
  readonly archive: string;
  /** Byte at which the entry's data begin. */
  readonly offset: number;
  /** Bytes. */
  readonly size: number;
}

/** An entry of a zip archive. */
export interface ZipEntry {
  readonly kind: 'zip';
  /** Path of the archive. */
  readonly archive: string;
  /** Byte at which the entry's local header begins; the data follow it. */
  readonly offset: number;
  /** Bytes once inflated. */
  readonly size: number;
  /** Bytes in the archive. */
  readonly compressedSize: number;
  readonly deflated: boolean;
  readonly crc32: number;
}

/** Where one file lies inside of an archive. Plain data: any thread can read it, without going through the archive again. */
export type ArchiveEntry = TarEntry | ZipEntry;

/** What an archive says of one of its entries, unchecked. */
export interface Listed {
  /** As the archive has it; folders in it are parted by `/`, or by what its maker used. */
  readonly name: string;
  readonly folder: boolean;
  /** Why it cannot be read, where that is known already; a clause. */
  readonly refused?: string;
  readonly entry: ArchiveEntry;
}

const inflate = promisify(zlib.inflateRaw);

const LOCAL_HEADER = { signature: 0x04034b50, length: 30, nameLength: 26, extraLength: 28 } as const;

/** Fills a new buffer from `position` on; throws where the archive ends before. */
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

async function readZip(file: FileHandle, entry: ZipEntry): Promise<Uint8Array> {
  const header = await bytesAt(file, entry.offset, LOCAL_HEADER.length);
  if (header.readUInt32LE(0) !== LOCAL_HEADER.signature)
    throw new Error('the archive has no entry where its directory says');
  const names = header.readUInt16LE(LOCAL_HEADER.nameLength) + header.readUInt16LE(LOCAL_HEADER.extraLength);
  const stored = await bytesAt(file, entry.offset + LOCAL_HEADER.length + names, entry.compressedSize);
  let bytes: Uint8Array;
  try {
    // Not a byte more than the directory says: an entry that inflates without end stops there.
    bytes = entry.deflated ? await inflate(stored, { maxOutputLength: Math.max(1, entry.size) }) : stored;
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

/** Reads one entry. Rejects with the operating system's error, or with one that says what is wrong with the archive. */
export async function readEntry(entry: ArchiveEntry): Promise<Uint8Array> {
  const file = await openRegular(entry.archive);
  try {
    return entry.kind === 'tar' ? await bytesAt(file, entry.offset, entry.size) : await readZip(file, entry);
  } finally {
    await file.close();
  }
}
