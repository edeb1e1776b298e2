import { type FileHandle, open, rm } from 'node:fs/promises';
import { CamError } from '../../errors.js';
import type { PictureRecord, SanityRecord } from '../../evaluate/index.js';
import { digest } from '../files/digest.js';
import { reason, refuseWrite, writeAtomically } from '../files/files.js';
import { readRegularText } from '../files/regular-file.js';

/** The settings of a run, by name. Runs with equal settings can be joined. */
export type Settings = Readonly<Record<string, unknown>>;

type Line =
  | { readonly picture: PictureRecord; readonly stamp?: string }
  | { readonly sanity: SanityRecord }
  /** Names of pictures that changed: their results are invalid, and so is the sanity cascade. */
  | { readonly changed: readonly string[] };

const VERSION = 2;

/**
 * The results of a run so far, as JSON lines: the settings, then a line per picture and per stage of the
 * sanity cascade. An interrupted run continues from it. A last line that was cut short is dropped.
 */
export class EvaluationJournal {
  readonly pictures = new Map<string, PictureRecord>();
  readonly sanity = new Map<number, SanityRecord>();
  /** Stamps of the pictures when they were evaluated, see `Sample.stamp`. */
  readonly stamps = new Map<string, string | undefined>();

  private constructor(
    private readonly path: string,
    private readonly file: FileHandle,
  ) {}

  /**
   * @param restart  Discards the results of an earlier run.
   * @param force    Replaces a file that is not a journal.
   * @throws {CamError} `output` where the file cannot be written, is not a journal or belongs to a run with
   *   other settings.
   */
  static async open(
    path: string,
    settings: Settings,
    { restart = false, force = false }: { readonly restart?: boolean; readonly force?: boolean } = {},
  ): Promise<EvaluationJournal> {
    const there = await readOptional(path);
    const isJournal = there === undefined || there === '' || isHeading(parsed(there.split('\n', 1)[0]));
    if (!isJournal && !force) {
      throw new CamError(
        'output',
        `--out: expected the journal of an earlier run or none, got "${path}", which onnx-cam did not write. ` +
          'Choose another folder, or replace it with --force.',
      );
    }
    const text = restart || !isJournal ? undefined : there;
    const lines = text?.split('\n').slice(0, -1) ?? []; // text after the last newline was cut short
    const heading = JSON.stringify({ version: VERSION, hash: digest(settings), settings });
    const found = lines.length > 0 ? parsed(lines[0]) : undefined;
    if (found !== undefined) checkSettings(path, found, settings);
    const kept = found === undefined ? [] : lines.slice(1);
    if (found === undefined || !text?.endsWith('\n'))
      await writeAtomically(path, `${[heading, ...kept].join('\n')}\n`);
    try {
      const journal = new EvaluationJournal(path, await open(path, 'a'));
      // Version and settings are equal, so this program wrote these lines.
      for (const line of kept) journal.take(parsed(line) as Line);
      return journal;
    } catch (error) {
      if (error instanceof CamError) throw error;
      return refuseWrite(path, error);
    }
  }

  /** Appends a result. Resolves once it is handed to the operating system. */
  async add(line: Line): Promise<void> {
    this.take(line);
    try {
      await this.file.appendFile(`${JSON.stringify(line)}\n`);
    } catch (error) {
      refuseWrite(this.path, error);
    }
  }

  /** Removes a journal without results: it would block a corrected command. */
  async close(): Promise<void> {
    await this.file.close();
    if (this.pictures.size === 0 && this.sanity.size === 0) await rm(this.path, { force: true });
  }

  private take(line: Line): void {
    if ('picture' in line) {
      this.pictures.set(line.picture.picture, line.picture);
      this.stamps.set(line.picture.picture, line.stamp);
    } else if ('sanity' in line) this.sanity.set(line.sanity.stage, line.sanity);
    else if ('changed' in line) {
      for (const name of line.changed) this.pictures.delete(name);
      this.sanity.clear();
    }
  }
}

async function readOptional(path: string): Promise<string | undefined> {
  try {
    return await readRegularText(path);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw new CamError('output', `${path}: could not be read: ${reason(error)}.`, { cause: error });
  }
}

/** A line that this program wrote. */
function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return {};
  }
}

/** Whether a line is the first of a journal of any version. */
const isHeading = (line: unknown): boolean =>
  typeof line === 'object' && line !== null && 'version' in line && 'hash' in line && 'settings' in line;

function checkSettings(path: string, found: unknown, settings: Settings): void {
  const before = typeof found === 'object' && found !== null ? found : {};
  if (
    'version' in before &&
    before.version === VERSION &&
    'hash' in before &&
    before.hash === digest(settings)
  )
    return;
  const old: Settings =
    'settings' in before && typeof before.settings === 'object' ? { ...before.settings } : {};
  const names = new Set([...Object.keys(old), ...Object.keys(settings)]);
  const differing = [...names].filter((name) => JSON.stringify(old[name]) !== JSON.stringify(settings[name]));
  throw new CamError(
    'output',
    `--out: ${path} holds a run with other settings (${differing.join(', ') || 'version'}). ` +
      'Choose another folder, or start over with --restart.',
  );
}
