import { Budget } from '../files/budget.js';
import { openRegular, readRegular } from '../files/regular-file.js';
import { type ArchiveEntry, readEntry, readEntryStart } from './archive-entry.js';

/** The location of a picture's bytes: a file, or an entry of an archive. */
export interface PictureFile {
  /** The picture's name for users: a file's path, or an archive's path followed by the entry's name. */
  readonly path: string;
  readonly entry?: ArchiveEntry;
}

/**
 * Pictures up to this size are read at once. Most are smaller, and reading them twice would cost more than
 * their memory.
 */
const SMALL = 2 ** 20;

/** Bytes of a larger picture that are read first, for its header. */
const START = 2 ** 16;

/** Encoded pictures in the memory of one thread: 64 MB in all. A larger picture is alone. */
const held = new Budget(64e6);

/**
 * Memory of the last large entry, reused for the next one. The garbage collector would free it late, since it
 * does not see its size.
 */
let spare: WeakRef<Uint8Array> | undefined;

async function withEntry<T>(entry: ArchiveEntry, use: (bytes: Uint8Array) => Promise<T>): Promise<T> {
  const before = spare?.deref();
  spare = undefined;
  const target = before && before.length >= entry.size ? before : Buffer.allocUnsafeSlow(entry.size);
  try {
    return await use(await readEntry(entry, target));
  } finally {
    spare = new WeakRef(target);
  }
}

/** Memory for a picture's bytes while they are read. For a zip entry it includes the compressed bytes. */
export const heldBytes = (entry: ArchiveEntry): number =>
  entry.kind === 'zip' ? entry.size + entry.compressedSize : entry.size;

/** The bytes of a picture that were read so far. */
export interface PictureBytes {
  /** All bytes of the picture, or the first bytes of a larger one. */
  readonly start: Uint8Array;
  readonly isWhole: boolean;
  /** Passes all bytes to `use`, once the memory limit allows it. */
  readonly whole: <T>(use: (bytes: Uint8Array) => Promise<T>) => Promise<T>;
}

async function sizeAndStart(path: string): Promise<{ readonly size: number; readonly start: Uint8Array }> {
  const file = await openRegular(path);
  try {
    const { size } = await file.stat();
    if (size <= SMALL) return { size, start: await file.readFile() };
    const { bytesRead, buffer } = await file.read(Buffer.alloc(START), 0, START, 0);
    return { size, start: buffer.subarray(0, bytesRead) };
  } finally {
    await file.close();
  }
}

/**
 * Reads a picture, or the start of a large one. Rejects with the operating system's error, or with an error
 * that says what is wrong with the archive.
 */
export async function openBytes({ path, entry }: PictureFile): Promise<PictureBytes> {
  if (entry === undefined) {
    const { size, start } = await sizeAndStart(path);
    if (size <= SMALL) return { start, isWhole: true, whole: (use) => use(start) };
    return {
      start,
      isWhole: false,
      whole: (use) => held.spend(size, async () => use(await readRegular(path))),
    };
  }
  if (heldBytes(entry) <= SMALL) {
    const start = await readEntry(entry);
    return { start, isWhole: true, whole: (use) => use(start) };
  }
  return {
    start: await readEntryStart(entry, START),
    isWhole: false,
    whole: (use) => held.spend(heldBytes(entry), () => withEntry(entry, use)),
  };
}
