import { Budget } from '../files/budget.js';
import { openRegular, readRegular } from '../files/regular-file.js';
import { type ArchiveEntry, readEntry, readEntryStart } from './archive-entry.js';

/** Where a picture's bytes lie: a file, or an entry of an archive. */
export interface PictureFile {
  /** Names the picture to users: a file's path, or an archive's path with the entry's name below it. */
  readonly path: string;
  readonly entry?: ArchiveEntry;
}

/**
 * Up to this size pictures are read at once: most are smaller, and reading them twice would cost more than
 * their memory.
 */
const SMALL = 2 ** 20;

/** Bytes of a larger one that are read first, for its header. */
const START = 2 ** 16;

/** Encoded pictures in the memory of one thread, 64 MB; a larger one is there alone. */
const held = new Budget(64e6);

/**
 * Memory of the last large entry, for the next one: what is let go of stays until garbage is collected, which
 * takes no note of its size.
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

/**
 * What a picture's bytes take in memory while they are read: those of a zip entry as they lie in the archive
 * too.
 */
export const heldBytes = (entry: ArchiveEntry): number =>
  entry.kind === 'zip' ? entry.size + entry.compressedSize : entry.size;

/** A picture's bytes, as far as they are read. */
export interface PictureBytes {
  /** All of them, or what a larger picture begins with. */
  readonly start: Uint8Array;
  readonly isWhole: boolean;
  /** Gives all of them to `use`, once there is room for them. */
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
 * Reads a picture, of a large one the beginning. Rejects with the operating system's error, or with what is
 * wrong with the archive.
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
