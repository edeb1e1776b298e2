import { createHash } from 'node:crypto';
import { type FileHandle, lstat, open, readdir } from 'node:fs/promises';
import { join, relative, resolve, sep } from 'node:path';
import { CamError } from '../../errors.js';
import { mapConcurrently } from './concurrent.js';
import { finishPartial, writeAtomically } from './files.js';
import { openRegular } from './regular-file.js';

/** A file's name, relative to the folder of results, and its fingerprint. */
type Note = readonly [name: string, fingerprint: string];

/** Mean number of equal entries above which the list is compacted. */
const REPEATED = 4;

/**
 * Bytes of a block, and how many blocks of a larger file are hashed: the first, the last, and others at equal
 * distances between them.
 */
const BLOCK = 2 ** 14;
const BLOCKS = 4;

/**
 * A file's fingerprint: its size and a digest. The digest covers all bytes of a small file, and four blocks
 * of a larger one.
 */
async function fingerprint(path: string): Promise<string> {
  const file = await openRegular(path);
  try {
    const { size } = await file.stat();
    const hash = createHash('sha256');
    const whole = size <= BLOCK * BLOCKS;
    const block = Buffer.allocUnsafe(whole ? size : BLOCK);
    for (let i = 0; i < (whole ? 1 : BLOCKS); i++) {
      const at = Math.floor((i * (size - block.length)) / (BLOCKS - 1));
      const { bytesRead } = await file.read(block, 0, block.length, at);
      hash.update(block.subarray(0, bytesRead));
    }
    return `${size}-${hash.digest('hex').slice(0, 24)}`;
  } finally {
    await file.close();
  }
}

const PREFIX = '.onnx-cam';
const ENDING = '.files';

/**
 * Path of the list in which one process records the files that it writes below a folder.
 * @param suffix  Distinguishes the shares of a run.
 */
export const writtenFilesPath = (out: string, suffix: string): string =>
  join(out, `${PREFIX}${suffix}${ENDING}`);

/** A path as it is recorded: relative to the folder of results, with `/`. */
const named = (out: string, path: string): string => relative(out, path).split(sep).join('/');

/**
 * Records the files that this program writes below a folder of results. A later run can then tell its own
 * files from other files of the same name: a file is ours if its content is what we wrote. Each file is
 * recorded just before it is renamed to its final name, so that the record is right after a crash too.
 * Several threads, and several runs one after another, append to the same list.
 */
export class WrittenFiles {
  private note: Promise<FileHandle> | undefined;

  constructor(
    private readonly out: string,
    /** See `writtenFilesPath`. */
    readonly path: string,
  ) {}

  /**
   * Renames a complete file to its final name, as `finishPartial` does. Rejects with the operating system's
   * error.
   */
  finish = async (partial: string, path: string): Promise<void> => {
    const found = await fingerprint(partial).catch((error: NodeJS.ErrnoException) => {
      // Another process may have done the same work, and this, just before; then it has recorded the file
      // too.
      if (error.code === 'ENOENT') return undefined;
      throw error;
    });
    if (found !== undefined) {
      this.note ??= open(this.path, 'a');
      // The text starts with a newline: a full disk may have cut the previous line short.
      await (await this.note).appendFile(`\n${JSON.stringify([named(this.out, path), found])}`);
    }
    await finishPartial(partial, path);
  };

  /** Removes repeated entries. Call it only while no other process appends. */
  async tidy(): Promise<void> {
    let count = 0;
    const distinct = new Set<string>();
    for await (const note of notesIn(this.path)) {
      count++;
      distinct.add(JSON.stringify(note));
    }
    if (count > REPEATED * distinct.size) await writeAtomically(this.path, [...distinct].join('\n'));
  }

  async close(): Promise<void> {
    const { note } = this;
    this.note = undefined;
    await (await note?.catch(() => undefined))?.close();
  }
}

/** The lists below a folder, of all processes. */
async function* notes(out: string): AsyncGenerator<Note> {
  const files = await readdir(out).catch((): string[] => []);
  for (const file of files.filter((name) => name.startsWith(PREFIX) && name.endsWith(ENDING)))
    yield* notesIn(join(out, file));
}

async function* notesIn(path: string): AsyncGenerator<Note> {
  const file = await openRegular(path).catch(() => undefined);
  for await (const line of file?.readLines() ?? []) {
    const note = parsed(line);
    if (note) yield note;
  }
}

function parsed(line: string): Note | undefined {
  try {
    const [name, found]: unknown[] = JSON.parse(line);
    return typeof name === 'string' && typeof found === 'string' ? [name, found] : undefined;
  } catch {
    return undefined;
  }
}

/** Files that are read at the same time. */
const AT_ONCE = 16;

/**
 * The files below a folder of results that this program wrote and that did not change since, as absolute
 * paths.
 * @param wanted  Names to check, relative to `out` with `/`. Default: all recorded names.
 */
export async function ownFiles(out: string, wanted?: ReadonlySet<string>): Promise<ReadonlySet<string>> {
  const known = new Map<string, Set<string>>();
  for await (const [name, found] of notes(out)) {
    if (wanted && !wanted.has(name)) continue;
    const before = known.get(name);
    if (before) before.add(found);
    else known.set(name, new Set([found]));
  }
  const own = new Set<string>();
  await mapConcurrently([...known], AT_ONCE, async ([name, noted]) => {
    const path = resolve(out, name);
    const isFile = (await lstat(path).catch(() => undefined))?.isFile();
    if (isFile && noted.has(await fingerprint(path).catch(() => ''))) own.add(path);
  });
  return own;
}

/** Files that an error names one by one. */
const NAMED = 4;

/**
 * The files that would be lost if results with these names were written: all that this program did not write.
 * @param names  Relative to `out`, with `/`.
 */
export async function foreignFiles(out: string, names: Iterable<string>): Promise<readonly string[]> {
  const there = new Set<string>();
  await mapConcurrently([...names], AT_ONCE, async (name) => {
    const found = await lstat(join(out, name)).catch(() => undefined);
    // A folder of that name blocks the result, but cannot be lost: a file is never renamed over a folder.
    if (found && !found.isDirectory()) there.add(name);
  });
  if (there.size === 0) return [];
  const own = await ownFiles(out, there);
  return [...there].filter((name) => !own.has(resolve(out, name))).sort();
}

/**
 * Checks that results can be written without losing files: each name is free, or belongs to a file that this
 * program wrote.
 * @param names  Relative to `out`, with `/`.
 * @throws {CamError} `output`, naming the other files.
 */
export async function expectFree(out: string, names: Iterable<string>): Promise<void> {
  const foreign = await foreignFiles(out, names);
  if (foreign.length === 0) return;
  const shown = foreign.slice(0, NAMED).map((name) => `"${name}"`);
  const more = foreign.length > NAMED ? ` and ${foreign.length - NAMED} more` : '';
  const files = foreign.length === 1 ? '1 file' : `${foreign.length} files`;
  throw new CamError(
    'output',
    `--out: "${out}" holds ${files} that onnx-cam did not write, or that changed since, under names of its results: ` +
      `${shown.join(', ')}${more}. Choose another folder with --out, or replace them with --force.`,
  );
}
