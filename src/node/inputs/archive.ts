import { extname } from 'node:path';
import { reason } from '../files/files.js';
import type { Listed } from './archive-entry.js';
import { pictureExtensions } from './decode.js';
import type { FailedInput, PictureInput } from './input.js';

/** The function that lists an archive, by file extension. */
const listers = {
  '.zip': async () => (await import('./zip.js')).listZip,
  '.tar': async () => (await import('./tar.js')).listTar,
};

const endingOf = (name: string): string => extname(name).toLowerCase();

/** Extensions of the archives that are read, lower case. */
export const archiveExtensions: readonly string[] = Object.keys(listers);

/** Whether a name is that of an archive whose entries can be read one by one. */
export const isArchive = (name: string): boolean => endingOf(name) in listers;

/**
 * Whether a name is that of a compressed tar. Such an archive is refused: each entry needs all earlier ones
 * to be unpacked.
 */
export const isCompressedTar = (name: string): boolean =>
  /\.(tar\.(gz|bz2|xz|zst|lz4?|z)|tgz|tbz2?|txz|tzst)$/i.test(name);

/** 1 GiB: more than 100 megapixels take uncompressed, at 16 bits and with transparency. */
export const MAX_BYTES = 2 ** 30;

/** Why an entry's results could not be written below the archive's folder; `undefined` where they can. */
function unsafe(name: string, parts: readonly string[]): string | undefined {
  if (name.includes('\0')) return 'one with a NUL';
  if (parts[0] === '' || /^[A-Za-z]:/.test(name)) return 'an absolute path';
  return parts.includes('..') ? 'one with ".."' : undefined;
}

const isHidden = (part: string): boolean => part.startsWith('.') || part === '__MACOSX';

/**
 * The pictures in an archive, in its order, named `<archive>/<entry>`. Folders, hidden entries and entries
 * that are not pictures are left out, as they are in a folder. Entries that look like pictures and cannot be
 * read become `failed` inputs; so does the unreadable rest of a damaged archive.
 * @param stem  Path of the archive's results, below `--out`.
 */
export async function archiveInputs(archive: string, stem: string): Promise<(PictureInput | FailedInput)[]> {
  const inputs: (PictureInput | FailedInput)[] = [];
  const seen = new Set<string>();
  const fail = (path: string, text: string): void => {
    inputs.push({ kind: 'failed', path, error: `${path}: ${text}` });
  };
  const add = ({ name, folder, refused, entry }: Listed): void => {
    const parts = name.split(/[\\/]/);
    const ending = extname(parts.at(-1) ?? '').toLowerCase();
    if (folder || (ending !== '.npy' && !pictureExtensions.has(ending))) return;
    const path = `${archive}/${name}`;
    const got = unsafe(name, parts);
    if (got) {
      fail(path, `expected a name that lies in the archive (results go where it says), got ${got}.`);
      return;
    }
    const own = parts.filter((part) => part !== '' && part !== '.');
    if (own.some(isHidden)) return;
    const key = own.join('/');
    if (ending === '.npy')
      fail(path, 'expected a picture, got an array: those are read from files alone. Unpack it first.');
    else if (entry.size > MAX_BYTES) fail(path, `expected at most 1 GiB, got ${entry.size} bytes.`);
    else if (refused) fail(path, `could not be read: ${refused}.`);
    else if (seen.has(key)) fail(path, 'expected each name once in the archive; the first one is taken.');
    else {
      seen.add(key);
      inputs.push({
        kind: 'picture',
        path: `${archive}/${key}`,
        stem: `${stem}/${key.slice(0, -ending.length)}`,
        entry,
      });
    }
  };
  const list = await listers[endingOf(archive) as keyof typeof listers]();
  const damage = await list(archive, add);
  if (damage !== undefined) {
    const after = inputs.length > 0 ? `after ${inputs.at(-1)?.path}` : 'from its beginning';
    fail(archive, `could not be read ${after}: ${reason(damage).replace(/[.?]$/, '')}.`);
  } else if (inputs.length === 0)
    fail(archive, `expected pictures in the archive (${[...pictureExtensions].join(' ')}), got none.`);
  return inputs;
}
