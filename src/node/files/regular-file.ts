import { constants, type Stats } from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';

/** What kind of file it is, in words. */
export function kindOf(found: Stats): string {
  if (found.isDirectory()) return 'a folder';
  if (found.isFIFO()) return 'a named pipe';
  if (found.isSocket()) return 'a socket';
  return 'a device';
}

/** Whether a regular file exists at the path; links are followed. */
export const isFile = (path: string): Promise<boolean> =>
  stat(path).then(
    (found) => found.isFile(),
    () => false,
  );

/** Throws for anything but a regular file: reading a pipe would block, and a device may never end. */
function expectRegular(found: Stats): void {
  if (found.isDirectory()) throw Object.assign(new Error(kindOf(found)), { code: 'EISDIR' });
  if (!found.isFile()) throw new Error(`not a regular file but ${kindOf(found)}`);
}

/**
 * Opens a regular file for reading; links are followed. Never blocks. Rejects with the operating system's
 * error, or with a clause that names the kind of file.
 */
export async function openRegular(path: string): Promise<FileHandle> {
  // Checked before the file is opened: opening alone may block, or trigger a device.
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

/** The whole content of a file. Rejects as `openRegular` does. */
export async function readRegular(path: string): Promise<Buffer<ArrayBuffer>> {
  const file = await openRegular(path);
  try {
    // Not `file.readFile`, which reads small pieces and joins them: a model would be in memory twice.
    const { size } = await file.stat();
    if (size === 0) return await file.readFile(); // perhaps a file system that reports no sizes
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

/** The whole content of a text file, decoded as UTF-8. Rejects as `openRegular` does. */
export const readRegularText = async (path: string): Promise<string> =>
  (await readRegular(path)).toString('utf8');
