import { Command, Option } from 'commander';
import { CamError, errorText, printable } from '../../../errors.js';
import type { MethodProgress } from '../../../explain/options.js';
import * as read from '../../options/values.js';
import { withEngine } from '../../queue/engine.js';
import { type QueueFlags, queueOptions } from '../../queue/options.js';
import { retryFailed, statusOf, withQueue } from '../../queue/queue.js';
import { ShardWorker, type WorkerTold } from '../../queue/worker.js';
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

const examples = `
Needs a Redis, and the packages bullmq and ioredis (npm install bullmq ioredis).

Examples:
  $ onnx-cam work                                       on as many machines as there are
  $ onnx-cam work --redis redis://head:6379 --drain     until no shard is left, for batch clusters
  $ onnx-cam work --status                              what waits, what runs, what failed
  $ onnx-cam work --retry-failed                        puts back what failed for good

Exit code: 0; 1 when pictures or shards failed, or Redis has forgotten shards that were left; 2 for a usage error or a Redis that
cannot be reached; 130 when stopped by Ctrl-C or SIGTERM (the current shard goes back into the queue).`;

/** Seconds; below two a busy machine would lose its shards. */
function lease(text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && value >= 2 && value <= 86400) return value;
  throw new CamError('option', `--lease: expected seconds from 2 to 86400, got "${text}".`);
}

/** Takes shards from the queue and explains them. @returns The exit code. */
export function work(flags: WorkFlags, deps: Dependencies): Promise<number> {
  return withEngine(flags.redis, (engine) =>
    withQueue(engine, flags.queue, async (queue) => {
      if (flags.retryFailed) {
        const count = await retryFailed(queue);
        deps.stdout.write(`${count} ${count === 1 ? 'shard' : 'shards'} put back into the queue.\n`);
      }
      if (flags.status) deps.stdout.write(await statusOf(queue, engine.address));
      if (flags.status || flags.retryFailed) return exitCodes.done;

      const told = new Told(deps, flags.quiet === true);
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
        told,
        deps,
      );
      interrupt.listen();
      try {
        told.notice(`waiting for shards of the queue ${flags.queue} at ${engine.address}.`);
        await worker.run();
      } finally {
        interrupt.end();
        told.end();
      }
      if (interrupt.stopping) return exitCodes.interrupted;
      return told.allWell ? exitCodes.done : exitCodes.someFailed;
    }),
  );
}

/** A line per shard. */
class Told implements WorkerTold {
  /** False once a picture or a shard failed. */
  allWell = true;
  private readonly noticed = new Set<string>();
  private readonly progress: Progress;

  constructor(
    private readonly deps: Pick<Dependencies, 'stdout' | 'stderr'>,
    private readonly quiet: boolean,
  ) {
    // How many pictures will come is not known.
    this.progress = startProgress(deps.stderr, 1, quiet);
  }

  passes = (progress: MethodProgress): void => this.progress.passes(progress);

  end(): void {
    this.progress.stop();
  }

  notice = (text: string): void => {
    // Shards of one run say the same.
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
      `${printable(shard)}: ${done} of ${done + failed} pictures explained${broken} in ${seconds.toFixed(1)} s.\n`,
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

/** `onnx-cam work`: explains shards that `enqueue` put into a queue. */
export function workCommand(deps: Dependencies, finish: (code: number) => void): Command {
  const command = new Command('work').description(
    'Explain what was enqueued, shard by shard: start it on any number of machines that see the same files.',
  );
  for (const option of queueOptions()) command.addOption(option);
  return command
    .addOption(
      new Option(
        '--workers <count>',
        'threads that each explain pictures (default: as enqueued, else by cores and memory; 1 on a GPU)',
      ).argParser(read.positiveInteger('--workers', 'threads')),
    )
    .addOption(
      new Option(
        '--lease <seconds>',
        'seconds without a sign of its worker, after which a shard goes to another',
      )
        .argParser(lease)
        .default(60),
    )
    .option('--once', 'end after one shard')
    .option('--drain', 'end when no shard is left: none waits and none runs elsewhere')
    .option('--status', 'show what waits, runs, is done and failed, then end')
    .option('--retry-failed', 'put the shards that failed for good back into the queue, and end')
    .option('--quiet', 'no notices, no line per shard; errors only')
    .addHelpText('after', examples)
    .action(async (flags: WorkFlags) => {
      finish(await work(flags, deps));
    });
}
