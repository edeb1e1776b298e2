import { Command, Option } from 'commander';
import { CamError } from '../../errors.js';
import * as read from '../options/values.js';
import { queueOptions } from '../queue/options.js';
import type { Dependencies } from '../terminal/dependencies.js';
import type { WorkFlags } from './commands/work.js';

const examples = `
Needs a Redis, and the packages bullmq and ioredis (npm install bullmq ioredis).

Examples:
  $ onnx-cam work                                       on as many machines as there are
  $ onnx-cam work --redis redis://head:6379 --drain     until no shard is left, for batch clusters
  $ onnx-cam work --status                              what waits, what runs, what failed
  $ onnx-cam work --retry-failed                        puts back what failed for good

Exit code: 0; 1 when pictures or shards failed, or Redis has forgotten shards that were left; 2 for a usage error or a Redis that
cannot be reached; 130 when stopped by Ctrl-C or SIGTERM (the current shard goes back into the queue).`;

/** Seconds; with less than two a busy machine would lose its shards. */
function lease(text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && value >= 2 && value <= 86400) return value;
  throw new CamError('option', `--lease: expected seconds from 2 to 86400, got "${text}".`);
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
      const { work } = await import('./commands/work.js');
      finish(await work(flags, deps));
    });
}
