import { randomBytes } from 'node:crypto';
import { type FileHandle, mkdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { CamError } from '../../errors.js';

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'no such file or folder',
  ENOTDIR: 'a part of the path is a file, not a folder',
  EISDIR: 'a folder',
  EACCES: 'permission denied',
  EPERM: 'operation not permitted',
  EROFS: 'the file system is read-only',
  ENOSPC: 'no space left on the device',
  EDQUOT: 'the disk quota is used up',
  EIO: 'the device failed to read or write',
  EFBIG: 'larger than the file system takes',
  EEXIST: 'a file of that name is in the way',
  EMFILE: 'too many open files',
  ELOOP: 'links that lead in a circle',
  ENAMETOOLONG: 'the name is too long',
  ERR_INVALID_ARG_VALUE: 'no path: it holds a NUL',
};

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error ? String(error.code) : '';

/** Errors that would stop the next file too. */
const storageFailures: ReadonlySet<string> = new Set([
  ...['ENOSPC', 'EDQUOT', 'EFBIG', 'EIO', 'EROFS'],
  ...['ESTALE', 'ENODEV', 'ENXIO', 'ENOTCONN'], // a file system that was unplugged, or is away
]);

/**
 * Whether an error concerns the whole folder of results, not one file: a full disk, a device that fails.
 * Errors caused by such an error count too.
 */
export const isStorageFailure = (error: unknown): boolean =>
  storageFailures.has(codeOf(error instanceof CamError ? error.cause : error));

/** The operating system's reason in words, e.g. `permission denied (EACCES)`. */
export function reason(error: unknown): string {
  const code = codeOf(error);
  const words = reasons[code];
  return words ? `${words} (${code})` : error instanceof Error ? error.message : String(error);
}

/** A name beside `path` that nothing else has, for a file that is still being written. */
export const temporaryName = (path: string): string => `${path}.${randomBytes(4).toString('hex')}.tmp`;

/**
 * Writes all bytes, starting at `position`. A single write may accept fewer bytes than requested, for
 * instance just before a disk is full. Rejects with the operating system's error.
 */
export async function writeAll(
  file: Pick<FileHandle, 'write'>,
  bytes: Uint8Array,
  position: number,
): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const { bytesWritten } = await file.write(bytes, done, bytes.length - done, position + done);
    if (bytesWritten === 0)
      throw Object.assign(new Error('the file system takes no more bytes'), { code: 'EIO' });
    done += bytesWritten;
  }
}

/** Makes a folder and its parents. Rejects with the operating system's error. */
export async function makeFolder(folder: string): Promise<void> {
  // Not `recursive`: Node's own recursion never ends where a file system, such as /proc, refuses new folders
  // with ENOENT.
  try {
    await mkdir(folder);
  } catch (error) {
    if ((await stat(folder).catch(() => undefined))?.isDirectory()) return;
    const missing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    if (!missing || dirname(folder) === folder) throw error;
    await makeFolder(dirname(folder));
    await mkdir(folder).catch(async (again: unknown) => {
      // Another process may have made it in the meantime.
      if (!(await stat(folder).catch(() => undefined))?.isDirectory()) throw again;
    });
  }
}

/** Throws the error for a result that cannot be written. */
export function refuseWrite(path: string, error: unknown): never {
  throw new CamError('output', `${path}: could not be written: ${reason(error)}.`, { cause: error });
}

/**
 * The name of a result while it is being written. No other program uses this name. It is always the same, so
 * that a run that was killed leaves no partial file once it has been resumed.
 */
export const partialName = (path: string): string => `${path}.onnx-cam.partial`;

/**
 * Renames a complete file to its final name. Another process may have done the same work, and this, just
 * before.
 */
export async function finishPartial(partial: string, path: string): Promise<void> {
  try {
    await rename(partial, path);
  } catch (error) {
    const missing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    if (!(missing && (await stat(path).catch(() => undefined))?.isFile())) throw error;
  }
}

/**
 * Writes a file completely or not at all: first under a temporary name, then renamed. Makes the file's
 * folder.
 * @param temporary  The temporary name.
 * @param finish     Renames it.
 * @throws {CamError} `output`
 */
export async function writeAtomically(
  path: string,
  data: string | Uint8Array,
  temporary: string = temporaryName(path),
  finish: typeof finishPartial = finishPartial,
): Promise<void> {
  try {
    await makeFolder(dirname(path));
    await writeFile(temporary, data);
    await finish(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    refuseWrite(path, error);
  }
}

/**
 * Makes the folder for results and checks that files can be written in it.
 * @throws {CamError} `output`, with the operating system's reason.
 */
export async function prepareFolder(folder: string): Promise<void> {
  try {
    await makeFolder(folder);
    const probe = temporaryName(join(folder, 'probe'));
    await writeFile(probe, '');
    await rm(probe);
  } catch (error) {
    refuseFolder(folder, error);
  }
}

/** Throws the error for a folder of results that cannot be written. */
export function refuseFolder(folder: string, error: unknown): never {
  throw new CamError(
    'output',
    `--out: expected a folder that can be written, got "${folder}": ${reason(error)}. Choose another with --out.`,
    { cause: error },
  );
}
