import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { CamError, errorText } from '../../errors.js';
import { partialName } from '../files.js';
import type { Job } from '../jobs.js';
import type { Report } from '../report.js';
import type { WrittenFiles } from '../written-files.js';
import { Journal } from './journal.js';
import { type Executor, planUnits, runUnits, type Unit } from './pool.js';
import { type ResultFiles, SharedArrays, writeResults } from './results.js';
import { failed, type Outcome } from './unit.js';

export interface WorkOptions {
  readonly out: string;
  /** Notes what is written there. */
  readonly files: WrittenFiles;
  readonly jobs: readonly Job[];
  /** Images in a unit. */
  readonly batch: number;
  /** Where what is done is noted, see `journalPath`. */
  readonly journal: string;
  /** Tells this run from others, by name. */
  readonly identity: Readonly<Record<string, string>>;
  /** Goes on from what an interrupted run left. */
  readonly resume: boolean;
  readonly report: Report;
  /** Whether this process still has the work; always where missing. */
  readonly owned?: () => Promise<boolean>;
}

export interface ExplainOptions {
  readonly executors: readonly Executor[];
  readonly replace: () => Promise<Executor>;
  readonly stopping: () => boolean;
  /** Aborted where what is in hand is to be left. */
  readonly signal: AbortSignal;
  /** Called for each image. */
  readonly onImage: () => void;
  readonly cards: boolean;
}

/** Another process has the work meanwhile. */
export class ShareTaken extends Error {
  override readonly name = 'ShareTaken';
}

/** Where an unfinished run is noted. */
export const journalPath = (out: string, suffix: string): string => join(out, `.onnx-cam${suffix}.jsonl`);

/** The units of one run, what of them is done, and the files that tell of it. */
export class Work {
  /** The model's classes, once an image was explained. */
  classes: number | undefined;
  /** True once the model could not run an image. */
  modelFailed = false;

  private constructor(
    private readonly options: WorkOptions,
    private readonly units: readonly Unit[],
    private readonly arrays: SharedArrays,
    private readonly journal: Journal,
  ) {}

  /** @throws {CamError} `output`, see `Journal.open`. */
  static async open(options: WorkOptions): Promise<Work> {
    const { out, files, jobs, batch, identity, resume, report } = options;
    const journal = await Journal.open(options.journal, identity, resume);
    const work = new Work(options, planUnits(jobs, batch), new SharedArrays(out, jobs, files), journal);
    const losses = [...journal.losses];
    for await (const outcomes of journal.outcomes()) {
      work.tell(outcomes);
      // Killed between the last row and the name: only then is there still a partial file.
      await work.close(outcomes, (path) =>
        stat(partialName(path)).then(
          () => true,
          () => false,
        ),
      );
    }
    for (const loss of losses) report.lost(loss, loss.error);
    return work;
  }

  /** Images that are left to explain. */
  get left(): number {
    return this.unitsLeft().reduce((sum, { jobs }) => sum + jobs.length, 0);
  }

  private unitsLeft(): Unit[] {
    return this.units.filter(({ number }) => !this.journal.has(number));
  }

  /** @returns False where the user stopped it before the end. Throws what concerns the whole run. */
  explain({ executors, replace, stopping, signal, onImage, cards }: ExplainOptions): Promise<boolean> {
    return runUnits(this.unitsLeft(), {
      executors,
      replace,
      stopping,
      signal,
      onDone: async ({ number }, outcomes) => {
        if (!(await this.isOwned())) throw new ShareTaken(`${this.options.journal}: taken over by another.`);
        await this.journal.add({ unit: number, outcomes });
        this.tell(outcomes);
        // After the journal: a unit that is done again would not bring the rows of the others.
        await this.close(outcomes);
        for (const _ of outcomes) onImage();
      },
      onDeath: (job, { message }) => failed(job, { message: `${message} twice.`, byModel: true }, cards),
    });
  }

  private isOwned(): Promise<boolean> {
    return this.options.owned?.() ?? Promise.resolve(true);
  }

  private tell(outcomes: readonly Outcome[]): void {
    for (const outcome of outcomes) {
      this.classes ??= outcome.classes;
      this.modelFailed ||= outcome.byModel === true;
      if (outcome.error === undefined) this.options.report.done(outcome);
      else this.options.report.failed(outcome.error);
    }
  }

  private async close(
    outcomes: readonly Outcome[],
    wanted?: (path: string) => Promise<boolean>,
  ): Promise<void> {
    for (const { stem, images, arrays, error } of await this.arrays.note(outcomes, wanted)) {
      const input = this.options.jobs.find(({ place }) => place.stem === stem)?.input.path ?? stem;
      const text = errorText(`${input}: ${error instanceof CamError ? error.message : String(error)}`);
      const line = { lost: stem, images, arrays, error: text };
      await this.journal.add(line);
      this.options.report.lost(line, text);
    }
  }

  /**
   * Writes what tells of the results, of an interrupted run too; nothing where another process has the work meanwhile.
   * @param keep  Whether somebody may go on from here.
   */
  async finish(files: ResultFiles, keep: boolean): Promise<void> {
    let written = false;
    try {
      if (!(await this.isOwned())) return;
      await writeResults(this.journal, this.units, this.options.files, files);
      written = true;
    } finally {
      await this.journal.close(keep || !written);
    }
  }
}
