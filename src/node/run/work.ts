import { join } from 'node:path';
import { CamError, errorText } from '../../errors.js';
import { mapConcurrently } from '../files/concurrent.js';
import { digest } from '../files/digest.js';
import { isFile } from '../files/regular-file.js';
import type { WrittenFiles } from '../files/written-files.js';
import type { Job } from '../inputs/jobs.js';
import type { Again } from './again.js';
import { imageKey, imageOfKey, jobKey, type RunIdentity, Stamps } from './identity.js';
import { Journal, type Noted } from './journal.js';
import { type Executor, planUnits, runUnits, type Unit } from './pool.js';
import type { Report } from './report.js';
import { type ResultFiles, writeResults } from './results.js';
import { SharedArrays } from './shared-arrays.js';
import { failed, type Outcome } from './unit.js';

export interface WorkOptions {
  readonly out: string;
  /** Records the files that are written. */
  readonly files: WrittenFiles;
  readonly jobs: readonly Job[];
  /** Images per unit. */
  readonly batch: number;
  /** Path of the journal, see `journalPath`. */
  readonly journal: string;
  readonly identity: RunIdentity;
  /** Continues an interrupted run. */
  readonly resume: boolean;
  /**
   * Files that have the names of results but belong to others, relative to `out`. Their images are explained
   * again.
   */
  readonly foreign: ReadonlySet<string>;
  readonly report: Report;
  /** Whether this process still has the work. Default: always. */
  readonly owned?: () => Promise<boolean>;
}

export interface ExplainOptions {
  readonly executors: readonly Executor[];
  readonly replace: () => Promise<Executor>;
  readonly stopping: () => boolean;
  /** Aborted where the current units are to be abandoned. */
  readonly signal: AbortSignal;
  /** Called for each image. */
  readonly onImage: () => void;
  readonly cards: boolean;
}

/** Another process took the work over. */
export class ShareTaken extends Error {
  override readonly name = 'ShareTaken';
}

/** Path of an unfinished run's journal. */
export const journalPath = (out: string, suffix: string): string => join(out, `.onnx-cam${suffix}.jsonl`);

/** Inputs whose files are checked at the same time. */
const AT_ONCE = 16;

/** The units of one run, which of them are done, and the files that describe the results. */
export class Work {
  /** Number of the model's classes, once an image was explained. */
  classes: number | undefined;
  /** What turned the scores into probabilities. */
  activation: Outcome['activation'];
  /** True once the model could not run an image. */
  modelFailed = false;
  /** Whether an image is done, by its job's index. */
  private readonly done: Uint8Array;

  private constructor(
    private readonly options: WorkOptions,
    private readonly units: readonly Unit[],
    private readonly arrays: SharedArrays,
    private readonly journal: Journal,
    private readonly explainedAgain: { -readonly [K in keyof Again]: Again[K] },
    private readonly exists: (name: string) => Promise<boolean>,
  ) {
    this.done = new Uint8Array((options.jobs.at(-1)?.index ?? -1) + 1);
  }

  /** @throws {CamError} `output`, see `Journal.open`. */
  static async open(options: WorkOptions): Promise<Work> {
    const { out, files, jobs, batch, identity, resume, foreign } = options;
    const journal = await Journal.open(options.journal, {
      // Unit numbers depend on the batch size.
      heading: { ...identity, inputs: digest([batch, ...jobs.map(jobKey)]) },
      resume,
      relocate() {
        const positions = new Map(jobs.map((job, position) => [jobKey(job), position]));
        const images = new Set(jobs.map(imageKey));
        return (key) => {
          const position = positions.get(key);
          if (position === undefined) return images.has(imageOfKey(key)) ? 'moved' : undefined;
          return { unit: Math.floor(position / batch), index: jobs[position].index };
        };
      },
    });
    const { changes, gone, moved } = journal;
    const again = { all: changes, gone, moved, changed: 0, missing: 0 };
    const exists = async (name: string): Promise<boolean> =>
      !foreign.has(name) && (await isFile(join(out, name)));
    const arrays = new SharedArrays(out, jobs, files, exists);
    const work = new Work(options, planUnits(jobs, batch), arrays, journal, again, exists);
    await work.restore();
    return work;
  }

  /** Takes over earlier outcomes that are still valid. */
  private async restore(): Promise<void> {
    const stamps = new Stamps();
    for await (const outcomes of this.noted()) {
      const held = await mapConcurrently(outcomes, AT_ONCE, ([job, outcome]) =>
        this.holds(job, outcome, stamps),
      );
      const valid = outcomes.filter((_, at) => held[at]).map(([, outcome]) => outcome);
      for (const { index } of valid) this.done[index] = 1;
      this.arrays.note(valid);
    }
    for (const stem of this.journal.losses()) await this.journal.add({ place: stem, named: false });
    for (const { stem, complete } of this.arrays.begun()) await this.takeOver(stem, complete);
    for await (const outcomes of this.results()) this.report(outcomes.map(([, outcome]) => outcome));
  }

  private async holds(job: Job, outcome: Outcome, stamps: Stamps): Promise<boolean> {
    const { stamp, unwritten } = outcome;
    const lost = this.journal.lossOf(job.place.stem) !== undefined;
    // Without a stamp its file could not be read, or it seemed to end the worker.
    if (unwritten || lost || stamp === undefined) {
      this.explainedAgain.missing++;
      return false;
    }
    if (stamp !== (await stamps.of(job.input))) {
      this.explainedAgain.changed++;
      return false;
    }
    if (await this.haveFiles(outcome)) return true;
    this.explainedAgain.missing++;
    return false;
  }

  /** Whether the files of one image exist. Arrays of several images are checked by stem. */
  private async haveFiles({ results, shared = [] }: Outcome): Promise<boolean> {
    const names = new Set(results.flatMap(({ outputs }) => outputs));
    for (const { name } of shared) names.delete(name);
    for (const name of names) if (!(await this.exists(name))) return false;
    return true;
  }

  /** Opens the arrays with a stem for further rows, or gives them their final names. */
  private async takeOver(stem: string, complete: boolean): Promise<void> {
    const named = this.journal.isNamed(stem);
    if (complete && named && (await this.arrays.areNamed(stem))) return;
    if (named) {
      // In this order: a partial file beside a complete array was written too late, by another process.
      await this.arrays.removePartial(stem);
      await this.journal.add({ place: stem, named: false });
    }
    if (await this.arrays.reopen(stem)) {
      if (complete) await this.close(stem);
      return;
    }
    const jobs = this.options.jobs.filter(({ place }) => place.stem === stem);
    for (const { index } of jobs) {
      this.explainedAgain.missing += this.done[index];
      this.done[index] = 0;
    }
    await this.arrays.removePartial(stem);
    this.arrays.forget(stem, jobs);
  }

  /** The journal's outcomes with their jobs, including images that are to be explained again. */
  private async *noted(): AsyncGenerator<readonly (readonly [Job, Noted])[]> {
    for await (const { unit, outcomes } of this.journal.outcomes()) {
      const jobs = new Map(this.units[unit]?.jobs.map((job) => [job.index, job]));
      yield outcomes.flatMap((outcome) => {
        const job = jobs.get(outcome.index);
        return job ? [[job, outcome] as const] : [];
      });
    }
  }

  /** The outcomes of the images that are done, in order. */
  private async *results(): AsyncGenerator<readonly (readonly [Job, Outcome])[]> {
    for await (const outcomes of this.noted()) yield outcomes.filter(([{ index }]) => this.done[index]);
  }

  /** Numbers of images that are explained again. */
  get again(): Again {
    return this.explainedAgain;
  }

  /** Images that are left to explain. */
  get left(): number {
    return this.unitsLeft().reduce((sum, { jobs }) => sum + jobs.length, 0);
  }

  private unitsLeft(): Unit[] {
    return this.units
      .map(({ number, jobs }) => ({ number, jobs: jobs.filter(({ index }) => !this.done[index]) }))
      .filter(({ jobs }) => jobs.length > 0);
  }

  /** @returns False where the user stopped the run early. Throws errors that concern the whole run. */
  explain({ executors, replace, stopping, signal, onImage, cards }: ExplainOptions): Promise<boolean> {
    return runUnits(this.unitsLeft(), {
      executors,
      replace,
      stopping,
      signal,
      onDone: async ({ number, jobs }, outcomes) => {
        if (!(await this.isOwned())) throw new ShareTaken(`${this.options.journal}: taken over by another.`);
        await this.journal.add({
          unit: number,
          outcomes: outcomes.map((outcome, at) => ({ ...outcome, key: jobKey(jobs[at]) })),
        });
        for (const { index } of jobs) this.done[index] = 1;
        this.report(outcomes);
        // After the journal: if a unit were explained again, the rows of other units would be missing.
        for (const stem of this.arrays.note(outcomes)) await this.close(stem);
        for (const _ of outcomes) onImage();
      },
      onDeath: (job, { message }) => failed(job, { message: `${message} twice.`, byModel: true }, cards),
    });
  }

  private isOwned(): Promise<boolean> {
    return this.options.owned?.() ?? Promise.resolve(true);
  }

  private report(outcomes: readonly Outcome[]): void {
    for (const outcome of outcomes) {
      this.classes ??= outcome.classes;
      this.activation ??= outcome.activation;
      this.modelFailed ||= outcome.byModel === true;
      if (outcome.error === undefined) this.options.report.done(outcome);
      else this.options.report.failed(outcome.error);
    }
  }

  private async close(stem: string): Promise<void> {
    const loss = await this.arrays.close(stem);
    if (!loss) return this.journal.add({ place: stem, named: true });
    const { images, arrays, error } = loss;
    const input = this.options.jobs.find(({ place }) => place.stem === stem)?.input.path ?? stem;
    const text = errorText(`${input}: ${error instanceof CamError ? error.message : String(error)}`);
    const line = { lost: stem, images, arrays, error: text };
    await this.journal.add(line);
    this.options.report.lost(line, text);
  }

  /** True where no image was explained, in an earlier attempt either. */
  get isEmpty(): boolean {
    return this.journal.isEmpty;
  }

  /** Deletes the journal: there is nothing to continue. */
  discard(): Promise<void> {
    return this.journal.close(false);
  }

  /**
   * Writes the files that describe the results, also of an interrupted run. Writes nothing where another
   * process took the work over.
   * @param keep  Whether the run may be continued from here.
   */
  async finish(files: ResultFiles, keep: boolean): Promise<void> {
    let written = false;
    try {
      if (!(await this.isOwned())) return;
      const lossOf = (stem: string): string | undefined => this.journal.lossOf(stem);
      await writeResults(this.results(), lossOf, this.options.files, files);
      written = true;
    } finally {
      await this.journal.close(keep || !written);
    }
  }
}
