import { readFile } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';
import { CamError } from '../errors.js';
import { reason } from './files.js';

function refuse(message: string, cause?: unknown): never {
  throw new CamError('input', `--list: ${message}`, cause === undefined ? undefined : { cause });
}

/**
 * Reads a list of paths: one per line, without blank lines and those that begin with `#`; or, where it holds a NUL, parted by NULs as
 * `find -print0` writes them, each taken as it is.
 *
 * @param file   A path, or `-` for the standard input.
 * @param stdin  Read for `-`.
 * @throws {CamError} `input`: a list that cannot be read, is not UTF-8 or names nothing.
 */
export async function readList(
  file: string,
  stdin: AsyncIterable<Buffer | string> = process.stdin,
): Promise<string[]> {
  let bytes: Uint8Array;
  try {
    bytes = await (file === '-' ? buffer(stdin) : readFile(file));
  } catch (error) {
    refuse(`"${file}" could not be read: ${reason(error)}.`, error);
  }
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    refuse(`expected "${file}" in UTF-8, got other bytes.`, error);
  }
  const paths = text.includes('\0')
    ? text.split('\0').filter((path) => path !== '')
    : text.split(/\r?\n/).filter((line) => line.trim() !== '' && !line.startsWith('#'));
  if (paths.length === 0) refuse(`expected at least one path in "${file}", got none.`);
  return paths;
}
