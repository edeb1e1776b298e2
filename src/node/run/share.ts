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

/** The images of a run that one process explains. */
export interface Share {
  readonly plan: RunPlan;
  /** The plan's model, see `ReadModel`. */
  readonly read: ReadModel;
  readonly jobs: readonly Job[];
  /** Missing where the share is the whole. */
  readonly shard?: Shard;
  /** Threads that explain; chosen by cores and memory where missing. */
  readonly workers?: number;
  /** Where what is done is noted, see `journalPath`. */
  readonly journal: string;
  /** Goes on from what the journal tells, else begins anew. */
  readonly resume: boolean;
  /** Keeps the journal of a share that is complete. */
  readonly keepJournal: boolean;
  /** Names of results that other files have, see `foreignNames`. */
  readonly foreign?: ReadonlySet<string>;
  /** Whether this process still has the share; always where missing. */
  readonly owned?: () => Promise<boolean>;
}

/** Who looks on. */
export interface Watcher {
  notice(text: string): void;
  /** Called once the model is open. @param left  Images that are still to be explained. */
  started(total: number, left: number): void;
  image(): void;
  /** Told how far methods of many passes are. */
  passes?(progress: MethodProgress): void;
  /** True once what is in hand is to be the last. */
  stopping(): boolean;
  /** Aborted where what is in hand is to be left. */
  readonly signal: AbortSignal;
  /** Called when nothing is explained any more. */
  stopped(): void;
  /** Takes the failures, one line each, of a share that ends with an error too. */
  failures(lines: string): void;
}

export interface ShareEnd {
  /** False where it was stopped. */
  readonly complete: boolean;
  readonly report: Report;
  readonly facts: Facts;
  /** True where the model ran on no image. */
  readonly hopeless: boolean;
}

/** Distinguishes a share's files from those of the others: `.2-of-8`, or empty. */
export const suffixOf = (shard: Shard | undefined): string =>
  shard ? `.${shard.index}-of-${shard.count}` : '';

/** Bytes of memory that the largest entry of an archive takes. */
const largestEntry = (jobs: readonly Job[]): number =>
  jobs.reduce((most, { input }) => {
    const entry = input.kind === 'picture' ? input.entry : undefined;
    return entry ? Math.max(most, heldBytes(entry)) : most;
  }, 0);

/** Whether another command has to be typed: the same one again would end the same way. */
export const isWrongCommand = (error: unknown): boolean =>
  error instanceof CamError && ['target', 'layer', 'option', 'gradients'].includes(error.code);

/**
 * Explains a share of a run and writes its results.
 * @throws {CamError} What concerns the whole share. `ShareTaken` where another process has it meanwhile: then
 *   its files stay as they are.
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
  // Before all that is said of the model: a name that was mistyped is what the user wants to see.
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
    await files.tidy().catch(() => undefined); // it says no less as it is
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
    /** What is told of an ended run, whole or not. */
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
      // Before the first result the command itself was wrong: nothing may be in the way of the corrected one.
      const end = work.isEmpty && isWrongCommand(error) ? discard() : finish(false);
      // On a full disk this fails as well: what failed first is reported.
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
