import { type FileHandle, open, rename, rm, stat } from 'node:fs/promises';
import { CamError } from '../../errors.js';
import { reason, refuseWrite, writeAll } from '../files/files.js';
import { openRegular } from '../files/regular-file.js';
import type { RunIdentity } from './identity.js';
import type { Outcome } from './unit.js';
import { wholeLines } from './whole-lines.js';

/** An outcome, with the key of its job. */
export interface Noted extends Outcome {
  /** See `jobKey`. */
  readonly key: string;
}

/** A line of the journal. */
export type JournalLine = UnitLine | Loss | Naming;

export interface UnitLine {
  readonly unit: number;
  readonly outcomes: readonly Noted[];
}

/**
 * The arrays with this stem could not be renamed to their final names: their images have no results after
 * all.
 */
export interface Loss {
  /** The stem of the arrays. */
  readonly lost: string;
  readonly images: number;
  readonly arrays: readonly string[];
  readonly error: string;
}

/** Whether the arrays with one stem have their final names, or are open again for rows that changed. */
export interface Naming {
  /** The stem of the arrays. */
  readonly place: string;
  readonly named: boolean;
}

/** Identifies the run and its inputs. */
export interface Heading extends RunIdentity {
  readonly inputs: string;
}

export interface JournalOptions {
  readonly heading: Heading;
  /** Continues an existing journal; otherwise starts a new one. */
  readonly resume: boolean;
  /** Maps jobs to their new positions, where the inputs are not those of the earlier run. */
  readonly relocate: () => Relocate;
}

/**
 * The new position of a job; `undefined` where its image is not among the inputs, `moved` where its class or
 * its output files changed.
 */
type Relocate = (key: string) => { readonly unit: number; readonly index: number } | 'moved' | undefined;

/** Byte range of a line. */
interface Span {
  readonly from: number;
  readonly length: number;
}

const VERSION = 2;

/** What changed, in words: each change means that all images are explained again. */
const CHANGES = { model: 'the model', preprocessing: 'the preprocessing', labels: 'the labels' } as const;

/**
 * The progress of a run, as JSON lines: first a heading that identifies the run, then a line for each unit
 * whose files are written. A run that was killed continues from it; a last line that was cut short is
 * dropped. Only the byte ranges of the lines are kept in memory.
 */
export class Journal {
  /** By unit; later lines are newer. */
  private readonly spans = new Map<number, Span[]>();
  private readonly lost = new Map<string, Loss>();
  private readonly named = new Set<string>();
  private end = 0;
  private tail: Promise<unknown> = Promise.resolve();
  /** What changed since the earlier run, in words: all images are explained again. */
  changes: readonly string[] = [];
  /** Images that were explained and are no longer among the inputs. */
  gone = 0;
  /** Images that were explained for another class, or into other output files. */
  moved = 0;

  private constructor(
    readonly path: string,
    private readonly file: FileHandle,
  ) {}

  /**
   * @throws {CamError} `output` where the file cannot be written, or `resume` finds a journal of another run.
   */
  static async open(path: string, { heading, resume, relocate }: JournalOptions): Promise<Journal> {
    try {
      const found = resume ? await readHeading(path) : undefined;
      if (found === undefined) return await Journal.begin(path, heading);
      const before = comparable(path, found, heading);
      const changed = (['model', 'preprocessing', 'labels'] as const).filter(
        (name) => before[name] !== heading[name],
      );
      if (changed.length > 0) {
        const journal = await Journal.begin(path, heading);
        journal.changes = changed.map((name) => CHANGES[name]);
        return journal;
      }
      const journal = new Journal(path, await open(path, 'r+'));
      await journal.index();
      return before.inputs === heading.inputs ? journal : await journal.relocated(heading, relocate());
    } catch (error) {
      if (error instanceof CamError) throw error;
      return refuseWrite(path, error);
    }
  }

  private static async begin(path: string, heading: Heading): Promise<Journal> {
    const text = `${JSON.stringify({ version: VERSION, run: heading })}\n`;
    const file = await open(path, 'w+');
    const journal = new Journal(path, file);
    await file.appendFile(text);
    journal.end = Buffer.byteLength(text);
    return journal;
  }

  private async index(): Promise<void> {
    let at = 0;
    for await (const bytes of wholeLines(this.file)) {
      if (at > 0) this.note(JSON.parse(bytes.toString('utf8')), { from: at, length: bytes.length });
      at += bytes.length;
    }
    this.end = at;
    await this.file.truncate(at);
  }

  /** A copy of the journal in which every outcome has its image's new position. */
  private async relocated(heading: Heading, relocate: Relocate): Promise<Journal> {
    const temporary = `${this.path}.tmp`;
    const gone = new Set<string>();
    const elsewhere = new Set<string>();
    const next = await Journal.begin(temporary, heading);
    try {
      for await (const { outcomes } of this.unitLines()) {
        const units = new Map<number, Noted[]>();
        for (const outcome of outcomes) {
          const place = relocate(outcome.key);
          if (!place) gone.add(outcome.key);
          else if (place === 'moved') elsewhere.add(outcome.key);
          else units.set(place.unit, [...(units.get(place.unit) ?? []), { ...outcome, index: place.index }]);
        }
        for (const [unit, moved] of units) await next.add({ unit, outcomes: moved });
      }
      for (const place of this.named) await next.add({ place, named: true });
      for (const loss of this.lost.values()) await next.add(loss);
      await next.file.datasync();
      await rename(temporary, this.path);
    } catch (error) {
      await next.close(false);
      throw error;
    } finally {
      await this.file.close();
    }
    const journal = new Journal(this.path, next.file);
    journal.gone = gone.size;
    journal.moved = elsewhere.size;
    await journal.index();
    return journal;
  }

  private note(line: JournalLine, span: Span): void {
    if ('unit' in line) this.spans.set(line.unit, [...(this.spans.get(line.unit) ?? []), span]);
    else if ('lost' in line) this.lost.set(line.lost, line);
    else {
      this.lost.delete(line.place);
      if (line.named) this.named.add(line.place);
      else this.named.delete(line.place);
    }
  }

  /** True where no image was explained yet. */
  get isEmpty(): boolean {
    return this.spans.size === 0 && this.lost.size === 0 && this.named.size === 0;
  }

  /** Stems of the arrays that could not be renamed. */
  losses(): readonly string[] {
    return [...this.lost.keys()];
  }

  /** Why the arrays with a stem have no final names, if so. */
  lossOf(stem: string): string | undefined {
    return this.lost.get(stem)?.error;
  }

  /** Whether the arrays with a stem have their final names. */
  isNamed(stem: string): boolean {
    return this.named.has(stem);
  }

  /** Appends a line; calls are serialised. Throws `CamError` `output`. */
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

  /** The latest outcome of each image so far, in order of the units. Only one unit is in memory at a time. */
  async *outcomes(): AsyncGenerator<UnitLine> {
    await this.tail;
    for (const [unit, spans] of [...this.spans].sort(([a], [b]) => a - b)) {
      const last = new Map<number, Noted>();
      for (const span of spans)
        for (const outcome of (await this.lineAt(span)).outcomes) last.set(outcome.index, outcome);
      yield { unit, outcomes: [...last.values()].sort((a, b) => a.index - b.index) };
    }
  }

  /** The outcomes in the order in which they were written. */
  private async *unitLines(): AsyncGenerator<UnitLine> {
    const spans = [...this.spans].flatMap(([, own]) => own).sort((a, b) => a.from - b.from);
    for (const span of spans) yield await this.lineAt(span);
  }

  private async lineAt({ from, length }: Span): Promise<UnitLine> {
    const bytes = Buffer.alloc(length);
    await this.file.read(bytes, 0, length, from);
    return JSON.parse(bytes.toString('utf8'));
  }

  /** @param keep  False where nobody will continue from the journal. */
  async close(keep: boolean): Promise<void> {
    await this.tail;
    await this.file.close();
    if (!keep) await rm(this.path, { force: true });
  }
}

/** The heading of a journal; `undefined` where there is none or it was cut short. */
async function readHeading(path: string): Promise<unknown> {
  let file: FileHandle;
  try {
    file = await openRegular(path);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw new CamError('output', `${path}: could not be read: ${reason(error)}.`, { cause: error });
  }
  try {
    for await (const line of wholeLines(file)) return JSON.parse(line.toString('utf8'));
    return undefined;
  } catch {
    return undefined;
  } finally {
    await file.close();
  }
}

/** The heading, if this run can continue from it. */
function comparable(path: string, found: unknown, { options }: Heading): Partial<Record<string, unknown>> {
  const { version, run }: { version?: unknown; run?: unknown } =
    typeof found === 'object' && found !== null ? found : {};
  const before: Partial<Record<string, unknown>> = typeof run === 'object' && run !== null ? { ...run } : {};
  if (version === VERSION && before.options === options) return before;
  const whose = version === VERSION ? 'with other options' : 'of another version of onnx-cam';
  throw new CamError(
    'output',
    `--resume: ${path} holds a run ${whose}. ` +
      'Give the same command, choose another --out, or start over without --resume.',
  );
}

/** Whether an unfinished run's journal exists at the path. */
export const isLeft = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );
