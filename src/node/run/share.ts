import { basename } from 'node:path';
import { CamError } from '../../errors.js';
import type { MethodProgress } from '../../explain/options.js';
import { digest } from '../files/digest.js';
import { WrittenFiles, writtenFilesPath } from '../files/written-files.js';
import type { Job, Shard } from '../inputs/jobs.js';
import { heldBytes } from '../inputs/picture-bytes.js';
import type { ReadModel } from '../model/model-digest.js';
import type { Dependencies } from '../terminal/dependencies.js';
import { againClause, againNotices } from './again.js';
import { modelNotices, opener, type RunPlan } from './plan.js';
import { Report } from './report.js';
import { ExplainerSource, type Facts } from './source.js';
import { Work } from './work.js';
import { WorkerPool } from './worker-pool.js';

/** The images of a run that one process explains: a shard, or all. */
export interface Share {
  readonly plan: RunPlan;
  /** The plan's model, see `ReadModel`. */
  readonly read: ReadModel;
  readonly jobs: readonly Job[];
  /** Missing where the share is the whole run. */
  readonly shard?: Shard;
  /** Threads that explain; chosen by cores and memory where missing. */
  readonly workers?: number;
  /** Path of the journal, see `journalPath`. */
  readonly journal: string;
  /** Continues from the journal; otherwise starts from the beginning. */
  readonly resume: boolean;
  /** Keeps the journal of a complete share. */
  readonly keepJournal: boolean;
  /** Names of results that belong to other files, see `foreignNames`. */
  readonly foreign?: ReadonlySet<string>;
  /** Whether this process still has the share. Default: always. */
  readonly owned?: () => Promise<boolean>;
}

/** Receives the events of a share. */
export interface Watcher {
  notice(text: string): void;
  /**
   * Called once the model is open.
   * @param left  Images that are still to be explained.
   */
  started(total: number, left: number): void;
  image(): void;
  /** Receives the progress of methods of many passes. */
  passes?(progress: MethodProgress): void;
  /** True once the current units are to be the last. */
  stopping(): boolean;
  /** Aborted where the current units are to be abandoned. */
  readonly signal: AbortSignal;
  /** Called after the last image was explained. */
  stopped(): void;
  /** Receives the failures, one line each, also where the share ends with an error. */
  failures(lines: string): void;
}

export interface ShareEnd {
  /** False where the share was stopped. */
  readonly complete: boolean;
  readonly report: Report;
  readonly facts: Facts;
  /** True where the model could run no image. */
  readonly hopeless: boolean;
}

/** Distinguishes a share's files from those of the others: `.2-of-8`, or empty. */
export const suffixOf = (shard: Shard | undefined): string =>
  shard ? `.${shard.index}-of-${shard.count}` : '';

/** Memory for the largest archive entry, bytes. */
const largestEntry = (jobs: readonly Job[]): number =>
  jobs.reduce((most, { input }) => {
    const entry = input.kind === 'picture' ? input.entry : undefined;
    return entry ? Math.max(most, heldBytes(entry)) : most;
  }, 0);

/** Whether the command itself was wrong: the same command would end the same way again. */
export const isWrongCommand = (error: unknown): boolean =>
  error instanceof CamError && ['target', 'layer', 'option', 'gradients'].includes(error.code);

/**
 * Explains a share of a run and writes its results.
 * @throws {CamError} For errors that concern the whole share. `ShareTaken` where another process took it
 *   over; then the files of that process stay unchanged.
 */
export async function runShare(
  share: Share,
  watcher: Watcher,
  deps: Pick<Dependencies, 'methods' | 'openExplainer' | 'threadScript'>,
): Promise<ShareEnd> {
  const { plan, jobs, shard, owned } = share;
  const { model, identity } = plan;
  const { out, packed } = plan.unit.output;
  const suffix = suffixOf(shard);
  const report = new Report(jobs.length, out);
  // Before all notices about the model: a mistyped name is what the user wants to see first.
  watcher.failures(report.unreadable(jobs));
  const source = await ExplainerSource.open(opener(plan, share.read, deps), {
    mayLeaveGpu: plan.mayLeaveGpu,
    notice: (text) => watcher.notice(text),
  });
  const { facts } = source;
  const noted = writtenFilesPath(out, suffix);
  const files = new WrittenFiles(out, noted);
  const output = { ...plan.unit.output, noted };
  const unit = { ...plan.unit, output, batch: plan.batch ?? facts.usualBatch };
  const setup = { ...plan, unit };
  const workerPool = new WorkerPool(source, {
    script: deps.threadScript,
    setup,
    workers: share.workers,
    signal: watcher.signal,
    onProgress: (progress) => watcher.passes?.(progress),
  });
  try {
    for (const line of modelNotices(plan, facts, jobs, deps)) watcher.notice(line);
    await files.tidy().catch(() => undefined); // the list is right without it
    const work = await Work.open({
      out,
      files,
      jobs,
      batch: unit.batch,
      journal: share.journal,
      identity: { ...identity, options: digest([identity.options, shard]) },
      resume: share.resume,
      foreign: share.foreign ?? new Set(),
      report,
      owned,
    });
    for (const line of againNotices(work.again)) watcher.notice(line);
    report.again = againClause(work.again);
    watcher.started(jobs.length, work.left);
    /** The report of a run, complete or stopped. */
    const finish = async (complete: boolean): Promise<void> => {
      watcher.stopped();
      if (work.activation === 'none' && facts.scores.activation !== 'none')
        watcher.notice(
          `scores: the values of "${facts.scores.output}" are probabilities already (0 to 1, with a sum of 1): they are shown as they are. --activation softmax says otherwise.`,
        );
      const { labels } = facts;
      if (labels && work.classes !== undefined && labels.length !== work.classes) {
        watcher.notice(
          `labels: expected one per class (${work.classes}), got ${labels.length}: they may belong to another model.`,
        );
      }
      const skipped = new Set(facts.skipped?.map(({ method }) => method));
      const sheet = {
        model: basename(model),
        layers: facts.layers.map(({ name }) => name),
        methods: plan.methods.filter((name) => !skipped.has(name)),
        backend: facts.backend,
        runtime: facts.runtime,
      };
      try {
        await work.finish(
          { out, suffix, index: packed, sheet: unit.cards ? sheet : undefined },
          !complete || share.keepJournal,
        );
      } finally {
        watcher.failures(report.failures());
      }
    };
    const discard = async (): Promise<void> => {
      watcher.stopped();
      await work.discard();
    };
    let complete: boolean;
    try {
      const executors = await workerPool.assemble(work.left, largestEntry(jobs));
      complete = await work.explain({
        executors,
        replace: () => workerPool.another(),
        stopping: () => watcher.stopping(),
        signal: watcher.signal,
        onImage: () => watcher.image(),
        cards: unit.cards,
      });
    } catch (error) {
      // An error before the first result means that the command was wrong: no journal may block the corrected
      // command.
      const end = work.isEmpty && isWrongCommand(error) ? discard() : finish(false);
      // On a full disk this fails too; the first error is reported.
      await end.catch(() => undefined);
      throw error;
    }
    await finish(complete);
    return { complete, report, facts, hopeless: work.modelFailed && report.doneCount === 0 };
  } finally {
    await files.close();
    await workerPool.dispose();
  }
}
