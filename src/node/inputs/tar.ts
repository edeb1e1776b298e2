import type { ReadStream } from 'node:fs';
import { extract, type Header } from 'tar-stream';
import { openRegular } from '../files/regular-file.js';
import type { Listed } from './archive-entry.js';

/** Byte offset of the data; tar-stream sets it, but its types lack it. */
function offsetOf(header: Header): number {
  if ('byteOffset' in header && typeof header.byteOffset === 'number') return header.byteOffset;
  throw new Error('tar-stream gave no byteOffset');
}

/**
 * Why an entry is not a file; `undefined` where it is. Its type is null where tar-stream does not know it, as
 * for sparse files.
 */
function refusal({ type }: Header): string | undefined {
  if (type === 'file' || type === 'contiguous-file') return undefined;
  return `it is not a regular file but of type ${type ?? 'unknown'}`;
}

/**
 * Lists a tar archive (ustar, GNU, pax). Reads it once from beginning to end, a megabyte at a time.
 * @returns Why it could not be read to its end, or `undefined`.
 */
export async function listTar(archive: string, found: (entry: Listed) => void): Promise<unknown> {
  let end: number;
  let source: ReadStream;
  try {
    const file = await openRegular(archive);
    end = (await file.stat()).size;
    source = file.createReadStream({ highWaterMark: 1 << 20 });
  } catch (error) {
    return error;
  }
  const reader = extract();
  return new Promise((resolve) => {
    reader.on('entry', (header, data, next) => {
      const { name, size } = header;
      const offset = offsetOf(header);
      // The data of an entry that is cut off are missing; the error that says so follows.
      if (offset + size <= end) {
        found({
          name,
          folder: header.type === 'directory',
          refused: refusal(header),
          entry: { kind: 'tar', archive, offset, size },
        });
      }
      data.on('end', () => next());
      // The entry fails together with the archive, whose own error is reported below.
      data.on('error', () => undefined);
      data.resume();
    });
    reader.on('finish', () => resolve(undefined));
    reader.on('error', (error) => {
      source.destroy();
      resolve(error);
    });
    source.on('error', (error) => {
      reader.destroy();
      resolve(error);
    });
    source.on('end', () => reader.end(null));
    source.on('data', (chunk) => {
      if (reader.write(chunk)) return;
      source.pause();
      reader.once('drain', () => source.resume());
    });
  });
}
