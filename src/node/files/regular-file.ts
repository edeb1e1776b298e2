import { constants, type Stats } from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';

/** What there is in place of a file, in words. */
export function kindOf(found: Stats): string {
  if (found.isDirectory()) return 'a folder';
  if (found.isFIFO()) return 'a named pipe';
  if (found.isSocket()) return 'a socket';
  return 'a device';
}

/** Whether there is a regular file, links followed. */
export const isFile = (path: string): Promise<boolean> =>
  stat(path).then(
    (found) => found.isFile(),
    () => false,
  );

/** Throws for what is no regular file: a pipe would be waited for, a device may never end. */
function expectRegular(found: Stats): void {
  if (found.isDirectory()) throw Object.assign(new Error(kindOf(found)), { code: 'EISDIR' });
  if (!found.isFile()) throw new Error(`not a regular file but ${kindOf(found)}`);
}

/**
 * Opens a file for reading, links followed. Never waits. Rejects with the operating system's error, or a
 * clause that says what is there.
 */
export async function openRegular(path: string): Promise<FileHandle> {
  // Before it is opened: that alone may wait, or make a device do something.
  expectRegular(await stat(path));
  const file = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  try {
    expectRegular(await file.stat());
    return file;
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** All that a file holds. Rejects as `openRegular`. */
export async function readRegular(path: string): Promise<Buffer<ArrayBuffer>> {
  const file = await openRegular(path);
  try {
    // Not `file.readFile`, which reads small pieces and joins them: a model would lie in memory twice.
    const { size } = await file.stat();
    if (size === 0) return await file.readFile(); // of a file system that tells no sizes, perhaps
    const bytes = Buffer.allocUnsafeSlow(size);
    let length = 0;
    while (length < size) {
      const { bytesRead } = await file.read(bytes, length, size - length, length);
      if (bytesRead === 0) break;
      length += bytesRead;
    }
    return bytes.subarray(0, length);
  } finally {
    await file.close();
  }
}

/** All that a text file holds, taken as UTF-8. Rejects as `openRegular`. */
export const readRegularText = async (path: string): Promise<string> =>
  (await readRegular(path)).toString('utf8');
