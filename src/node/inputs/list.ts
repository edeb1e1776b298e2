import { createReadStream } from 'node:fs';
import { addAbortSignal, type Readable } from 'node:stream';
import { CamError } from '../../errors.js';
import { reason } from '../files/files.js';
import type { Dependencies } from '../terminal/dependencies.js';
import { Interrupted } from '../terminal/interrupted.js';

type OnInterrupt = Dependencies['onInterrupt'];

function refuse(message: string, cause?: unknown): never {
  throw new CamError('input', `--list: ${message}`, cause === undefined ? undefined : { cause });
}

/** 256 MiB, millions of paths. A longer input is not a list but a device, or a pipe that never ends. */
const MAX_BYTES = 2 ** 28;

/** The content of a stream, piece by piece: a list may come through a pipe, as in `--list <(find …)`. */
async function pieces(file: string, stream: Readable): Promise<Buffer> {
  const parts: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const part of stream) {
      parts.push(Buffer.from(part));
      bytes += part.length;
      if (bytes > MAX_BYTES) throw new Error('more than 256 MiB, which is no list of paths');
    }
  } catch (error) {
    refuse(`"${file}" could not be read: ${reason(error)}.`, error);
  }
  return Buffer.concat(parts);
}

async function waited(stdin: Readable, onInterrupt: OnInterrupt): Promise<Buffer> {
  const stopping = new AbortController();
  const ignore = onInterrupt(() => stopping.abort());
  try {
    return await pieces('-', addAbortSignal(stopping.signal, stdin));
  } catch (error) {
    throw stopping.signal.aborted ? new Interrupted('stopped while waiting for the list') : error;
  } finally {
    ignore();
  }
}

/**
 * Reads a list of paths. The list has one path per line; blank lines and lines that start with `#` are
 * skipped. A list that contains a NUL is separated by NULs instead, as `find -print0` writes it, and each
 * path is taken unchanged.
 * @param file   A path, or `-` for the standard input.
 * @param stdin  Read for `-`.
 * @param onInterrupt  See `Dependencies`; needed because the standard input may take any time.
 * @throws {CamError} `input`: a list that cannot be read, is not UTF-8 or names nothing; `Interrupted` where
 *   the user stops waiting.
 */
export async function readList(
  file: string,
  stdin: Readable = process.stdin,
  onInterrupt: OnInterrupt = () => () => undefined,
): Promise<string[]> {
  const bytes = file === '-' ? await waited(stdin, onInterrupt) : await pieces(file, createReadStream(file));
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
