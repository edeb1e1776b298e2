import { errorText, printable } from '../../../errors.js';
import type { MethodProgress } from '../../../explain/options.js';
import { withEngine } from '../../queue/engine.js';
import type { QueueFlags } from '../../queue/options.js';
import { retryFailed, statusOf, withQueue } from '../../queue/queue.js';
import { ShardWorker, type WorkerEvents } from '../../queue/worker.js';
import { counted } from '../../terminal/counted.js';
import type { Dependencies } from '../../terminal/dependencies.js';
import { Interrupt } from '../../terminal/interrupt.js';
import { line } from '../../terminal/line.js';
import { type Progress, startProgress } from '../../terminal/progress.js';
import { exitCodes } from '../exit-codes.js';

export interface WorkFlags extends QueueFlags {
  readonly workers?: number;
  readonly lease: number;
  readonly once?: true;
  readonly drain?: true;
  readonly status?: true;
  readonly retryFailed?: true;
  readonly quiet?: true;
}

/** Takes shards from the queue and explains them. @returns The exit code. */
export function work(flags: WorkFlags, deps: Dependencies): Promise<number> {
  return withEngine(flags.redis, (engine) =>
    withQueue(engine, flags.queue, async (queue) => {
      if (flags.retryFailed) {
        const count = await retryFailed(queue);
        deps.stdout.write(`${counted(count, 'shard')} put back into the queue.\n`);
      }
      if (flags.status) deps.stdout.write(await statusOf(queue, engine.address));
      if (flags.status || flags.retryFailed) return exitCodes.done;

      const reporter = new Reporter(deps, flags.quiet === true);
      const interrupt = new Interrupt(deps, 'the current pictures', () => worker.stop());
      const worker = new ShardWorker(
        engine,
        queue,
        {
          workers: flags.workers,
          lease: flags.lease,
          once: flags.once === true,
          drain: flags.drain === true,
          signal: interrupt.signal,
        },
        reporter,
        deps,
      );
      interrupt.listen();
      try {
        reporter.notice(`waiting for shards of the queue ${flags.queue} at ${engine.address}.`);
        await worker.run();
      } finally {
        interrupt.end();
        reporter.end();
      }
      if (interrupt.stopping) return exitCodes.interrupted;
      return reporter.allWell ? exitCodes.done : exitCodes.someFailed;
    }),
  );
}

/** A line per shard. */
class Reporter implements WorkerEvents {
  /** False once a picture or a shard failed. */
  allWell = true;
  private readonly noticed = new Set<string>();
  private readonly progress: Progress;

  constructor(
    private readonly deps: Pick<Dependencies, 'stdout' | 'stderr'>,
    private readonly quiet: boolean,
  ) {
    // The number of pictures to come is unknown.
    this.progress = startProgress(deps.stderr, 1, quiet);
  }

  passes = (progress: MethodProgress): void => this.progress.passes(progress);

  end(): void {
    this.progress.stop();
  }

  notice = (text: string): void => {
    // All shards of a run have the same notices.
    if (this.quiet || this.noticed.has(text)) return;
    this.noticed.add(text);
    this.deps.stderr.write(line(text));
  };

  undone = (text: string): void => {
    this.allWell = false;
    this.deps.stderr.write(line(text));
  };

  failures = (lines: string): void => {
    if (lines !== '') this.allWell = false;
    this.deps.stderr.write(lines);
  };

  done = (shard: string, { done, failed }: { done: number; failed: number }, seconds: number): void => {
    if (this.quiet) return;
    const broken = failed > 0 ? `, ${failed} failed` : '';
    this.deps.stdout.write(
      `${printable(shard)}: ${done} of ${counted(done + failed, 'picture')} explained${broken} in ${seconds.toFixed(1)} s.\n`,
    );
  };

  returned = (shard: string): void => {
    if (!this.quiet) this.deps.stdout.write(`${printable(shard)}: put back into the queue.\n`);
  };

  lost = (shard: string): void => {
    this.notice(`${shard}: this worker was silent for too long; another goes on with it.`);
  };

  failed = (shard: string, reason: string, attempt: number, attempts: number, forGood: boolean): void => {
    this.allWell &&= !forGood;
    const next = forGood
      ? 'for good; onnx-cam work --retry-failed puts it back'
      : `attempt ${attempt} of ${attempts}, it will be tried again`;
    this.deps.stderr.write(line(`${shard} failed (${next}): ${errorText(reason)}`));
  };
}
