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

/**
 * 256 MiB, millions of paths: what goes on beyond that is no list but a device, or a pipe that never ends.
 */
const MAX_BYTES = 2 ** 28;

/** What a stream gives, piece by piece: a list may come through a pipe, as of `--list <(find …)`. */
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
 * Reads a list of paths: one per line, without blank lines and those that begin with `#`; or, where it holds
 * a NUL, parted by NULs as `find -print0` writes them, each taken as it is.
 *
 * @param file   A path, or `-` for the standard input.
 * @param stdin  Read for `-`.
 * @param onInterrupt  See `Dependencies`; who writes to the standard input may take their time.
 * @throws {CamError} `input`: a list that cannot be read, is not UTF-8 or names nothing; `Interrupted` where
 *   the user stops the waiting.
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
