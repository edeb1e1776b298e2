import { join } from 'node:path';
import { GrowingFile } from '../files/growing-file.js';
import type { WrittenFiles } from '../files/written-files.js';
import type { Job } from '../inputs/jobs.js';
import { ContactSheet, failureCard, type SheetHeading } from '../outputs/sheet.js';
import { originOf, type SummaryEntry } from '../outputs/summary.js';
import type { Outcome } from './unit.js';

export interface ResultFiles {
  readonly out: string;
  /** Distinguishes the files of one share of the work from those of the others: `.2-of-8`, or empty. */
  readonly suffix: string;
  /** The contact sheet's heading; missing where no sheet is written. */
  readonly sheet?: SheetHeading;
  /** Whether an index of JSON lines is written. */
  readonly index: boolean;
}

/** The files that describe a run's results. */
interface Summaries {
  readonly summary: GrowingFile;
  readonly index?: GrowingFile;
  readonly sheet?: ContactSheet;
}

/** Outcomes of images, in input order, a few at a time. */
export type Results = AsyncIterable<readonly (readonly [Job, Outcome])[]>;

/**
 * Writes `summary.json`, and on request the contact sheet and the index. Each file is replaced completely or
 * stays unchanged.
 * @param lossOf  Why the arrays with a stem have no final names, if so.
 */
export async function writeResults(
  results: Results,
  lossOf: (stem: string) => string | undefined,
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
    await fill(results, lossOf, {
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
  results: Results,
  lossOf: (stem: string) => string | undefined,
  { summary, index, sheet }: Summaries,
): Promise<void> {
  let between = '[\n';
  const reported = new Set<string>();
  for await (const outcomes of results) {
    for (const [job, outcome] of outcomes) {
      const loss = outcome.error === undefined ? lossOf(job.place.stem) : undefined;
      const entries = loss === undefined ? entriesOf(job, outcome) : [];
      // The loss of an array is reported once for all of its images.
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
