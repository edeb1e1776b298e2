import type { ExplainFlags } from '../../options/explain.js';
import { withEngine } from '../../queue/engine.js';
import type { QueueFlags } from '../../queue/options.js';
import { shardRun } from '../../queue/payload.js';
import { addRun, type Enqueued, type ShardQueue, withQueue } from '../../queue/queue.js';
import { waitForRun } from '../../queue/wait.js';
import { expectFreeNames } from '../../run/free-names.js';
import { modelNotices, opener, type PlannedRun, planRun } from '../../run/plan.js';
import { suffixOf } from '../../run/share.js';
import { counted } from '../../terminal/counted.js';
import type { Dependencies } from '../../terminal/dependencies.js';
import { line, lines } from '../../terminal/line.js';
import { startProgress } from '../../terminal/progress.js';
import { exitCodes } from '../exit-codes.js';

export interface EnqueueFlags extends QueueFlags {
  readonly shards?: number;
  readonly attempts: number;
  readonly again?: true;
  readonly wait?: true;
}

/** Puts a run into the queue, in shards. @returns The exit code. */
export function enqueue(
  paths: readonly string[],
  flags: ExplainFlags & EnqueueFlags,
  deps: Dependencies,
): Promise<number> {
  const notice = (text: string): void => {
    if (!flags.quiet) deps.stderr.write(line(text));
  };
  return withEngine(flags.redis, async (engine) => {
    const planned = await planRun('enqueue', paths, flags, deps);
    for (const text of [...planned.notices, ...(await checkModel(planned, deps))]) notice(text);
    const { version } = deps;
    const embedded = planned.bundled;
    const { shards, workers } = flags;
    const force = flags.force === true;
    const sharded = shardRun(planned, { version, embedded, force, shards, workers });
    if (!force) {
      const { count } = sharded;
      const suffixes = Array.from({ length: count }, (_, i) => suffixOf({ index: i + 1, count }));
      await expectFreeNames(sharded.plan, planned.jobs, suffixes);
    }
    return withQueue(engine, flags.queue, async (queue) => {
      const images = planned.jobs.length;
      const options = { attempts: flags.attempts, again: flags.again === true };
      const enqueued = await addRun(queue, sharded, options);
      if (!flags.quiet) {
        deps.stdout.write(
          lines([
            summaryOf(enqueued, images, sharded.run),
            `Queue ${flags.queue} at ${engine.address}; results go to ${sharded.plan.unit.output.out}.`,
          ]),
        );
      }
      return flags.wait ? wait(queue, enqueued.ids, images, flags, deps) : exitCodes.done;
    });
  });
}

/**
 * Opens the model once, on the CPU, since the machine that enqueues may have no GPU. Layers and methods that
 * the model does not have are reported before anything is queued.
 */
async function checkModel({ plan, read, jobs }: PlannedRun, deps: Dependencies): Promise<readonly string[]> {
  const { runtime } = plan.explainer;
  const explainer = await opener(
    plan,
    read,
    deps,
  )({ backend: 'wasm', runtime: runtime === 'webgpu' ? 'auto' : runtime });
  try {
    return modelNotices(plan, explainer, jobs, deps);
  } finally {
    await explainer.dispose();
  }
}

function summaryOf({ ids, added, waiting, done, dead }: Enqueued, images: number, run: string): string {
  const before = [
    ...(waiting > 0 ? [`${waiting} were there already`] : []),
    ...(done > 0 ? [`${done} are already done (--again repeats them)`] : []),
    ...(dead > 0 ? [`${dead} failed for good (onnx-cam work --retry-failed puts them back)`] : []),
  ];
  const shards = counted(ids.length, 'shard');
  return `Run ${run}: ${counted(images, 'picture')} in ${shards}, ${[`${added} added`, ...before].join(', ')}.`;
}

async function wait(
  queue: ShardQueue,
  ids: readonly string[],
  images: number,
  flags: ExplainFlags,
  deps: Dependencies,
): Promise<number> {
  if ((await queue.getWorkersCount()) === 0)
    deps.stderr.write('onnx-cam: no worker is connected: start onnx-cam work, here or on other machines.\n');
  const progress = startProgress(deps.stderr, images, flags.quiet === true);
  let stopping = false;
  const ignore = deps.onInterrupt(() => {
    stopping = true;
  });
  let shown = 0;
  const show = (done: number): void => {
    for (; shown < done; shown++) progress.step();
  };
  const end = await waitForRun(queue, ids, show, () => stopping).finally(() => {
    progress.stop();
    ignore();
  });
  if (!end.complete) {
    deps.stderr.write('onnx-cam: no longer waiting; what is queued stays there.\n');
    return exitCodes.interrupted;
  }
  const { done, failed, dead, lost, heard } = end;
  const parts = [
    `${lost > 0 ? 'at least ' : ''}${done + heard} of ${counted(images, 'picture')} explained`,
    ...(failed > 0 ? [`${failed} failed`] : []),
  ];
  const shards = [
    ...(dead > 0 ? [`${dead} of ${ids.length} shards failed for good, see onnx-cam work --status`] : []),
    ...(lost > 0 ? [`${lost} of ${ids.length} shards are missing from the queue`] : []),
  ];
  if (!flags.quiet) deps.stdout.write(`${[parts.join(', '), ...shards].join('; ')}.\n`);
  if (lost > 0) {
    deps.stderr.write(
      line(
        `Redis has forgotten ${lost} of ${ids.length} shards (it was started without its data, or emptied). ` +
          'Give the same command again: the same results.',
      ),
    );
  }
  return failed + dead + lost > 0 ? exitCodes.someFailed : exitCodes.done;
}
