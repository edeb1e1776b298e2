import type { FileHandle } from 'node:fs/promises';
import { type Entry, fromRandomAccessReaderPromise, getFileNameLowLevel, RandomAccessReader } from 'yauzl';
import { openRegular } from '../files/regular-file.js';
import type { Listed } from './archive-entry.js';

const BLOCK = 1 << 20;

/** Reads a file in large blocks: the directory of an archive is requested in pieces of about ten bytes. */
class BlockReader extends RandomAccessReader {
  private block = Buffer.alloc(0);
  private start = 0;

  constructor(private readonly file: FileHandle) {
    super();
  }

  override read(
    target: Buffer,
    offset: number,
    length: number,
    position: number,
    done: (error: Error | null) => void,
  ): void {
    const at = position - this.start;
    if (at >= 0 && at + length <= this.block.length) {
      this.block.copy(target, offset, at, at + length);
      done(null);
      return;
    }
    const block = Buffer.allocUnsafeSlow(Math.max(BLOCK, length));
    this.file.read(block, 0, block.length, position).then(
      ({ bytesRead }) => {
        this.block = block.subarray(0, bytesRead);
        this.start = position;
        if (bytesRead < length) done(new Error('the file ends too early'));
        else this.read(target, offset, length, position, done);
      },
      (error: Error) => done(error),
    );
  }

  override close(done: (error: Error | null) => void): void {
    this.file.close().then(() => done(null), done);
  }
}

const STORED = 0;
const DEFLATED = 8;

/** Unix file types in the upper half of an entry's external attributes. */
const TYPE = 0o170000;
const LINK = 0o120000;

const isLink = ({ versionMadeBy, externalFileAttributes }: Entry): boolean => {
  const unix = versionMadeBy >> 8 === 3;
  return unix && ((externalFileAttributes >>> 16) & TYPE) === LINK;
};

/** Deflate expands one byte to at most this number of bytes. */
const MOST = 1032;

/** Bytes of a local header without its names. */
const LOCAL_HEADER = 30;

/** Lowest possible end of an entry: its local header repeats the name in the directory. */
const endOf = (entry: Entry): number =>
  entry.relativeOffsetOfLocalHeader + LOCAL_HEADER + entry.fileNameRaw.length + entry.compressedSize;

/**
 * Entries that overlap the next one. A small archive can expand to any size if its entries share their data.
 */
function overlapping(entries: readonly Entry[]): ReadonlySet<Entry> {
  const byOffset = [...entries].sort((a, b) => a.relativeOffsetOfLocalHeader - b.relativeOffsetOfLocalHeader);
  return new Set(
    byOffset.filter(
      (entry, at) => at + 1 < byOffset.length && endOf(entry) > byOffset[at + 1].relativeOffsetOfLocalHeader,
    ),
  );
}

function refusal(entry: Entry, size: number): string | undefined {
  const { compressionMethod: method, compressedSize, uncompressedSize } = entry;
  if (entry.isEncrypted()) return 'it is encrypted';
  if (isLink(entry)) return 'it is not a regular file but of type symlink';
  if (method !== STORED && method !== DEFLATED)
    return `its compression (method ${method}) is not supported; "store" and "deflate" are`;
  if (endOf(entry) > size) return 'its data would lie beyond the end of the archive';
  const most = method === STORED ? compressedSize : MOST * compressedSize;
  if (uncompressedSize > most)
    return `its ${compressedSize} bytes cannot become the ${uncompressedSize} that it states`;
  return undefined;
}

/**
 * Lists a zip archive (also zip64) by the directory at its end; nothing else is read.
 * @returns Why the directory could not be read to its end, or `undefined`.
 */
export async function listZip(archive: string, found: (entry: Listed) => void): Promise<unknown> {
  try {
    const file = await openRegular(archive);
    const { size } = await file.stat();
    // Names are decoded and checked here, entry by entry: one bad name must not hide the following entries.
    const zip = await fromRandomAccessReaderPromise(new BlockReader(file), size, {
      decodeStrings: false,
      validateEntrySizes: false,
    }).catch(async (error: unknown) => {
      await file.close();
      throw error;
    });
    const entries: Entry[] = [];
    let damage: unknown;
    try {
      for await (const entry of zip.eachEntry()) entries.push(entry);
    } catch (error) {
      damage = error;
    }
    const overlaps = overlapping(entries);
    for (const entry of entries) {
      const name = getFileNameLowLevel(
        entry.generalPurposeBitFlag,
        entry.fileNameRaw,
        entry.extraFields,
        false,
      );
      found({
        name,
        folder: name.endsWith('/'),
        refused: overlaps.has(entry)
          ? 'its data overlap those of another entry (a zip bomb?)'
          : refusal(entry, size),
        entry: {
          kind: 'zip',
          archive,
          offset: entry.relativeOffsetOfLocalHeader,
          size: entry.uncompressedSize,
          compressedSize: entry.compressedSize,
          deflated: entry.compressionMethod === DEFLATED,
          crc32: entry.crc32,
        },
      });
    }
    return damage;
  } catch (error) {
    return error;
  }
}
