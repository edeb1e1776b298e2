import { join } from 'node:path';
import { isStorageFailure } from '../files.js';
import { GrowingFile } from '../growing-file.js';
import type { Job } from '../jobs.js';
import { NpyWriter } from '../npy-writer.js';
import { ContactSheet, failureCard, type SheetHeading } from '../sheet.js';
import { originOf, type SummaryEntry } from '../summary.js';
import type { WrittenFiles } from '../written-files.js';
import type { Journal } from './journal.js';
import type { Unit } from './pool.js';
import type { Outcome } from './unit.js';

/** Rows of one array that have come. */
interface Pending {
  readonly row: readonly number[];
  readonly written: Set<number>;
}

/** Images whose rows share arrays. */
interface SharedPlace {
  left: number;
  /** Images that have results. */
  images: number;
  readonly arrays: Map<string, Pending>;
}

/** Results that are none after all: their arrays could not get their names. */
export interface Lost {
  /** How many images have none. */
  readonly images: number;
  readonly arrays: readonly string[];
}

/** Arrays with rows of several images: each gets its name when the last of its images is done. */
export class SharedArrays {
  private readonly places = new Map<string, SharedPlace>();
  private readonly jobs = new Map<number, Job>();

  constructor(
    private readonly out: string,
    jobs: readonly Job[],
    private readonly files: WrittenFiles,
  ) {
    for (const job of jobs) {
      const { stem, rows } = job.place;
      if (rows === 1) continue;
      const place = this.places.get(stem) ?? { left: 0, images: 0, arrays: new Map() };
      place.left++;
      this.places.set(stem, place);
      this.jobs.set(job.index, job);
    }
  }

  /**
   * Takes note of what was written and closes what is complete; gives what could not be closed.
   * @param wanted  Whether an array is still to be closed; all by default.
   * @throws {CamError} `output` where the disk is full: nothing is lost then, closing it may be tried again.
   */
  async note(
    outcomes: readonly Outcome[],
    wanted: (path: string) => Promise<boolean> = async () => true,
  ): Promise<readonly (Lost & { readonly stem: string; readonly error: unknown })[]> {
    const complete: [SharedPlace, Job['place']][] = [];
    for (const { index, shared = [], error } of outcomes) {
      const job = this.jobs.get(index);
      const place = job && this.places.get(job.place.stem);
      if (!job || !place) continue;
      this.jobs.delete(index);
      if (error === undefined) place.images++;
      for (const { name, row } of shared) {
        const array = place.arrays.get(name) ?? { row, written: new Set() };
        array.written.add(job.place.row);
        place.arrays.set(name, array);
      }
      if (--place.left === 0) complete.push([place, job.place]);
    }
    const lost: (Lost & { stem: string; error: unknown })[] = [];
    for (const [{ arrays, images }, { stem, rows }] of complete) {
      this.places.delete(stem);
      const error = await this.close(arrays, rows, wanted);
      if (error !== undefined) lost.push({ stem, images, arrays: [...arrays.keys()], error });
    }
    return lost;
  }

  private async close(
    arrays: ReadonlyMap<string, Pending>,
    rows: number,
    wanted: (path: string) => Promise<boolean>,
  ): Promise<unknown> {
    const closed = await Promise.allSettled(
      [...arrays].map(async ([name, { row, written }]) => {
        const path = join(this.out, name);
        if (await wanted(path)) await new NpyWriter(path, rows, row).close(written, this.files.finish);
      }),
    );
    const errors = closed.flatMap((one) => (one.status === 'rejected' ? [one.reason] : []));
    const full = errors.find(isStorageFailure);
    if (full) throw full;
    return errors[0];
  }
}

export interface ResultFiles {
  readonly out: string;
  /** Distinguishes the files of one share of the work from the others': `.2-of-8`, or empty. */
  readonly suffix: string;
  /** The contact sheet's heading, where one is wanted. */
  readonly sheet?: SheetHeading;
  /** Whether an index of JSON lines is wanted. */
  readonly index: boolean;
}

/** The files of a run that tell of its results. */
interface Told {
  readonly summary: GrowingFile;
  readonly index?: GrowingFile;
  readonly sheet?: ContactSheet;
}

/**
 * Writes `summary.json`, and the sheet and the index where they are wanted, from what the journal holds, in input order. Each appears
 * whole, or what was there before stays.
 */
export async function writeResults(
  journal: Journal,
  units: readonly Unit[],
  files: WrittenFiles,
  { out, suffix, sheet: heading, index }: ResultFiles,
): Promise<void> {
  const opened: (GrowingFile | ContactSheet)[] = [];
  const kept = async <T extends GrowingFile | ContactSheet>(opening: Promise<T>): Promise<T> => {
    const file = await opening;
    opened.push(file);
    return file;
  };
  try {
    await fill(journal, units, {
      summary: await kept(GrowingFile.open(join(out, `summary${suffix}.json`))),
      ...(index && { index: await kept(GrowingFile.open(join(out, `index${suffix}.jsonl`))) }),
      ...(heading && { sheet: await kept(ContactSheet.open(join(out, `index${suffix}.html`), heading)) }),
    });
    for (const file of opened) await file.close(files.finish);
  } catch (error) {
    for (const file of opened) await file.discard();
    throw error;
  }
}

async function fill(
  journal: Journal,
  units: readonly Unit[],
  { summary, index, sheet }: Told,
): Promise<void> {
  const jobs = new Map(units.flatMap((unit) => unit.jobs.map((job) => [job.index, job] as const)));
  let between = '[\n';
  const reported = new Set<string>();
  for await (const outcomes of journal.outcomes()) {
    for (const outcome of outcomes) {
      const job = jobs.get(outcome.index);
      if (!job) continue;
      const loss = outcome.error === undefined ? journal.lossOf(job.place.stem) : undefined;
      const entries = loss === undefined ? entriesOf(job, outcome) : [];
      // The loss of an array is told once for all images in it.
      if (loss !== undefined && !reported.has(job.place.stem)) {
        reported.add(job.place.stem);
        entries.push({ input: job.input.path, error: loss });
      }
      for (const entry of entries) {
        await summary.append(`${between} ${JSON.stringify(entry, null, 1).replaceAll('\n', '\n ')}`);
        between = ',\n';
        await index?.append(`${JSON.stringify(entry)}\n`);
      }
      if (loss !== undefined && entries.length > 0) await sheet?.add(failureCard(job.input.path, loss), true);
      else if (outcome.card) await sheet?.add(outcome.card, outcome.error !== undefined);
    }
  }
  await summary.append(between === '[\n' ? '[]\n' : '\n]\n');
}

function entriesOf(job: Job, { results, error }: Outcome): SummaryEntry[] {
  return error === undefined ? [...results] : [{ ...originOf(job), error }];
}
