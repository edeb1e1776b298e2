import { Command, Option } from 'commander';
import { addExplainOptions, type ExplainFlags } from '../options/explain.js';
import * as read from '../options/values.js';
import { queueOptions } from '../queue/options.js';
import type { Dependencies } from '../terminal/dependencies.js';
import type { EnqueueFlags } from './commands/enqueue.js';

const examples = `
Needs a Redis, and the packages bullmq and ioredis (npm install bullmq ioredis). Workers must see model, inputs and --out
under the same paths.

Examples:
  $ onnx-cam enqueue --model m.onnx --out /shared/maps /shared/pictures
  $ onnx-cam work                                       here, or on other machines with --redis redis://head:6379
  $ onnx-cam work --status

Exit code: 0; with --wait 1 when pictures or shards failed, or Redis has forgotten shards; 2 for a usage or model error or a Redis
that cannot be reached; 130 when stopped by Ctrl-C (what is queued stays there).`;

/** `onnx-cam enqueue`: prepares the work of `explain` for workers on any number of machines. */
export function enqueueCommand(deps: Dependencies, finish: (code: number) => void): Command {
  const command = new Command('enqueue').description(
    'Put what explain would do into a queue, in shards, for onnx-cam work on any number of machines.',
  );
  addExplainOptions(command, deps);
  for (const option of queueOptions()) command.addOption(option);
  return command
    .addOption(
      new Option('--shards <count>', 'in how many parts (default: one per 256 pictures)').argParser(
        read.positiveInteger('--shards', 'parts'),
      ),
    )
    .addOption(
      new Option('--attempts <count>', 'how often a shard is tried before it is put aside')
        .argParser(read.positiveInteger('--attempts', 'tries per shard'))
        .default(4),
    )
    .option('--again', 'also what is done or failed for good')
    .option('--wait', 'wait until all is done, with a progress bar')
    .option('--quiet', 'no notices, no progress, no report; errors only')
    .addHelpText('after', examples)
    .action(async (inputs: string[], flags: ExplainFlags & EnqueueFlags) => {
      const { enqueue } = await import('./commands/enqueue.js');
      finish(await enqueue(inputs, flags, deps));
    });
}
