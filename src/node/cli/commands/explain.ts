import { join } from 'node:path';
import { jobsOfShard } from '../../inputs/jobs.js';
import { settingsSources } from '../../model/settings.js';
import type { ExplainFlags } from '../../options/explain.js';
import { FolderLock } from '../../run/folder-lock.js';
import { expectFreeNames, foreignNames } from '../../run/free-names.js';
import { isLeft } from '../../run/journal.js';
import { planRun } from '../../run/plan.js';
import { isWrongCommand, runShare, suffixOf, type Watcher } from '../../run/share.js';
import { journalPath, ShareTaken } from '../../run/work.js';
import type { Dependencies } from '../../terminal/dependencies.js';
import { Interrupt } from '../../terminal/interrupt.js';
import { line } from '../../terminal/line.js';
import { type Progress, startProgress } from '../../terminal/progress.js';
import { exitCodes } from '../exit-codes.js';

const ONWARD = 'stopped: --resume with the same command goes on from here.';

/**
 * Explains every input and writes the results below `--out`.
 * @returns The exit code: 0; 1 when some inputs failed; 2 when the model ran on none of them; 130 when the
 *   user stopped it.
 * @throws {CamError} For what makes the whole run impossible, as far as possible before any work is done.
 */
export async function explain(
  paths: readonly string[],
  flags: ExplainFlags,
  deps: Dependencies,
): Promise<number> {
  const lock = new FolderLock(flags.out, { shard: flags.shard });
  try {
    return await explainInto(lock, paths, flags, deps);
  } finally {
    await lock.release();
  }
}

async function explainInto(
  lock: FolderLock,
  paths: readonly string[],
  flags: ExplainFlags,
  deps: Dependencies,
): Promise<number> {
  const quiet = flags.quiet === true;
  const notice = (text: string): void => {
    if (!quiet) deps.stderr.write(line(text));
  };
  // Earlier results are read while no other run can change them.
  await lock.takeIfThere();
  const { plan, read, jobs: all, notices } = await planRun('explain', paths, flags, deps);
  await lock.take();
  for (const text of notices) notice(text);
  const jobs = flags.shard ? jobsOfShard(all, flags.shard) : all;
  const suffix = suffixOf(flags.shard);
  if (!flags.force) await expectFreeNames(plan, jobs, [suffix]);
  const foreign = flags.force && flags.resume ? await foreignNames(plan, jobs, [suffix]) : undefined;
  const journal = journalPath(flags.out, suffix);
  const left = !flags.resume && (await isLeft(journal));

  let begun = false;
  let progress: Progress | undefined;
  const interrupt = new Interrupt(deps, 'the current pictures');
  const watcher: Watcher = {
    notice,
    started(total, remaining) {
      begun = true;
      if (left) notice(`${flags.out} holds an unfinished run, which starts over; --resume goes on from it.`);
      progress = startProgress(deps.stderr, total, quiet, total - remaining);
      interrupt.listen();
    },
    image: () => progress?.step(),
    passes: (at) => progress?.passes(at),
    stopping: () => interrupt.stopping,
    signal: interrupt.signal,
    stopped() {
      interrupt.end();
      progress?.stop();
    },
    failures: (lines) => deps.stderr.write(lines),
  };
  const share = { plan, read, jobs, shard: flags.shard, workers: flags.workers, journal };
  const resume = flags.resume === true;
  const { complete, report, facts, hopeless } = await runShare(
    { ...share, resume, foreign, keepJournal: resume, owned: () => lock.isHeld() },
    watcher,
    deps,
  ).catch(async (error: unknown) => {
    if (error instanceof ShareTaken) await lock.expectHeld();
    if (begun && !isWrongCommand(error)) notice(ONWARD);
    throw error;
  });
  if (!quiet) {
    const files = [
      `summary${suffix}.json`,
      ...(flags.pack !== undefined ? [`index${suffix}.jsonl`] : []),
      ...(plan.unit.cards ? [join(flags.out, `index${suffix}.html`)] : []),
    ];
    const sources = settingsSources(
      facts,
      jobs.some(({ input }) => input.kind === 'picture'),
    );
    deps.stdout.write(report.text({ backend: facts.backend, runtime: facts.runtime, files, sources }));
  }
  if (!complete) {
    notice(ONWARD);
    return exitCodes.interrupted;
  }
  if (report.failedCount === 0) return exitCodes.done;
  return hopeless ? exitCodes.usage : exitCodes.someFailed;
}
