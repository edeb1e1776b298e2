import { type FileHandle, open, rm, stat } from 'node:fs/promises';
import { CamError } from '../../errors.js';
import { reason, refuseWrite, writeAll } from '../files.js';
import { openRegular } from '../regular-file.js';
import type { Outcome } from './unit.js';

/** A line of the journal. */
export type JournalLine = { readonly unit: number; readonly outcomes: readonly Outcome[] } | Loss;

/** The arrays of a place could not get their names: its results are none after all. */
export interface Loss {
  /** The place's stem. */
  readonly lost: string;
  readonly images: number;
  readonly arrays: readonly string[];
  readonly error: string;
}

/** Where a unit's line lies. */
interface Span {
  readonly from: number;
  readonly length: number;
}

const VERSION = 1;

/**
 * What has been done so far, as JSON lines: first what the run is, then a line per unit once its files are written. A run that was
 * killed goes on from it; a last line that was cut short is dropped. Of the lines only the places are kept in memory.
 */
export class Journal {
  private readonly spans = new Map<number, Span>();
  private readonly lost = new Map<string, Loss>();
  private end = 0;
  private tail: Promise<unknown> = Promise.resolve();

  private constructor(
    readonly path: string,
    private readonly file: FileHandle,
  ) {}

  /**
   * @param run     Tells this run from others: model, options, inputs, each by name.
   * @param resume  Goes on from what is there, else begins anew.
   * @throws {CamError} `output` where the file cannot be written, or `resume` finds another run's.
   */
  static async open(path: string, run: Readonly<Record<string, string>>, resume: boolean): Promise<Journal> {
    const heading = `${JSON.stringify({ version: VERSION, run })}\n`;
    try {
      const found = resume ? await readHeading(path) : undefined;
      if (found === undefined) {
        const file = await open(path, 'w+');
        await file.appendFile(heading);
        const journal = new Journal(path, file);
        journal.end = Buffer.byteLength(heading);
        return journal;
      }
      expectSame(path, found, run);
      const journal = new Journal(path, await open(path, 'r+'));
      await journal.index();
      return journal;
    } catch (error) {
      if (error instanceof CamError) throw error;
      return refuseWrite(path, error);
    }
  }

  private async index(): Promise<void> {
    let at = 0;
    for await (const bytes of lines(this.file)) {
      if (at > 0) {
        this.note(JSON.parse(bytes.toString('utf8')), { from: at, length: bytes.length });
      }
      at += bytes.length;
    }
    this.end = at;
    await this.file.truncate(at);
  }

  private note(line: JournalLine, span: Span): void {
    if ('unit' in line) this.spans.set(line.unit, span);
    else this.lost.set(line.lost, line);
  }

  has(unit: number): boolean {
    return this.spans.has(unit);
  }

  /** Why the arrays of a place have no name, if so. */
  lossOf(stem: string): string | undefined {
    return this.lost.get(stem)?.error;
  }

  /** What could not get its name, so far. */
  get losses(): Iterable<Loss> {
    return this.lost.values();
  }

  /** Notes what is done; lines are written one after the other. Throws `CamError` `output`. */
  add(line: JournalLine): Promise<void> {
    const writing = this.tail.then(async () => {
      const bytes = Buffer.from(`${JSON.stringify(line)}\n`);
      const span = { from: this.end, length: bytes.length };
      try {
        await writeAll(this.file, bytes, span.from);
      } catch (error) {
        refuseWrite(this.path, error);
      }
      this.end += bytes.length;
      this.note(line, span);
    });
    this.tail = writing.catch(() => undefined);
    return writing;
  }

  /** The outcomes of the units that are done, in order, one unit in memory at a time. */
  async *outcomes(): AsyncGenerator<readonly Outcome[]> {
    await this.tail;
    for (const unit of [...this.spans.keys()].sort((a, b) => a - b)) {
      const { from, length } = this.spans.get(unit) as Span;
      const bytes = Buffer.alloc(length);
      await this.file.read(bytes, 0, length, from);
      yield JSON.parse(bytes.toString('utf8')).outcomes;
    }
  }

  /** @param keep  False where nobody will go on from it. */
  async close(keep: boolean): Promise<void> {
    await this.tail;
    await this.file.close();
    if (!keep) await rm(this.path, { force: true });
  }
}

/** Whole lines with their newlines; what follows the last newline was cut short. */
async function* lines(file: FileHandle): AsyncGenerator<Buffer> {
  let rest = Buffer.alloc(0);
  const chunk = Buffer.alloc(2 ** 16);
  for (let position = 0; ; ) {
    const { bytesRead } = await file.read(chunk, 0, chunk.length, position);
    if (bytesRead === 0) return;
    position += bytesRead;
    rest = Buffer.concat([rest, chunk.subarray(0, bytesRead)]);
    let from = 0;
    for (let end = rest.indexOf(10); end >= 0; end = rest.indexOf(10, from)) {
      yield rest.subarray(from, end + 1);
      from = end + 1;
    }
    rest = rest.subarray(from);
  }
}

/** The first line of a journal; nothing where there is none or it was cut short. */
async function readHeading(path: string): Promise<unknown> {
  let file: FileHandle;
  try {
    file = await openRegular(path);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw new CamError('output', `${path}: could not be read: ${reason(error)}.`, { cause: error });
  }
  try {
    for await (const line of lines(file)) return JSON.parse(line.toString('utf8'));
    return undefined;
  } catch {
    return undefined;
  } finally {
    await file.close();
  }
}

function expectSame(path: string, found: unknown, run: Readonly<Record<string, string>>): void {
  const before = typeof found === 'object' && found !== null && 'run' in found ? found.run : undefined;
  const old: Readonly<Record<string, unknown>> =
    typeof before === 'object' && before !== null ? { ...before } : {};
  const differing = Object.keys({ ...old, ...run }).filter((name) => old[name] !== run[name]);
  if (differing.length === 0) return;
  throw new CamError(
    'output',
    `--resume: ${path} holds a run with other settings (${differing.join(', ')}). ` +
      'Give the same command, choose another --out, or begin anew without --resume.',
  );
}

/** Whether an unfinished run lies there. */
export const isLeft = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );
