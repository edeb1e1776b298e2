import { Command, Option } from 'commander';
import { CamError } from '../../errors.js';
import type { BenchFlags } from '../bench/run.js';
import * as read from '../options/values.js';
import type { Dependencies } from '../terminal/dependencies.js';

const examples = `
Times are medians; what is compared is timed in turn. On the CPU they are CPU time of the process, on a GPU what a call takes in a row of
calls that ends with reading the last result. A wrong answer is named and not timed.

Examples:
  $ onnx-cam bench                                      every kernel and method, about a minute
  $ onnx-cam bench m.onnx --only methods a.jpg  your model, on your picture
  $ onnx-cam bench --kernel mutualInformation,gram --seconds 2
  $ onnx-cam bench --json before.json                   and, with another version,
  $ onnx-cam bench --compare before.json

Exit code: 0; 1 when an answer was wrong; 2 for a usage or model error; 130 when stopped by Ctrl-C (what was timed is shown).`;

function seconds(text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && value > 0 && value <= 3600) return value;
  throw new CamError('option', `--seconds: expected a number above 0, at most 3600, got "${text}".`);
}

/** `onnx-cam bench`: checks answers, then times every kernel and every method on this machine. */
export function benchCommand(deps: Dependencies, finish: (code: number) => void): Command {
  return new Command('bench')
    .description('Check the answers of every kernel and method, then time them on this machine and model.')
    .argument(
      '[arguments...]',
      'the model (.onnx), unless --model names it; a picture, or .npy [n, C, H, W], for the methods (default: a drawn one)',
    )
    .option(
      '--model <file>',
      'ONNX classifier, or a folder that holds one (default: birds, the bundled example)',
    )
    .addOption(
      new Option('--backend <name>', `what the kernels run on: ${read.backends.join(', ')}`)
        .argParser(read.choice('--backend', read.backends))
        .default('auto'),
    )
    .addOption(
      new Option('--runtime <name>', `what the model runs on: ${read.runtimes.join(', ')}`)
        .argParser(read.choice('--runtime', read.runtimes))
        .default('auto'),
    )
    .addOption(
      new Option('--only <which>', 'kernels or methods (default: both)').argParser(
        read.choice('--only', ['kernels', 'methods']),
      ),
    )
    .addOption(
      new Option('--kernel <names>', 'these kernels (default: all)').argParser(read.list('--kernel')),
    )
    .addOption(
      new Option('--method <names>', 'these methods (default: all that the model can serve)').argParser(
        read.list('--method'),
      ),
    )
    .option('--quick', 'one size of each kernel, no method that passes the model per channel, short samples')
    .addOption(
      new Option(
        '--seconds <time>',
        'for each time and each baseline (default: 0.2; with --quick 0.05)',
      ).argParser(seconds),
    )
    .addOption(
      new Option('--threads <count>', 'threads of the model: CPU time of one compares best')
        .argParser(read.positiveInteger('--threads', 'threads of the model'))
        .default(1),
    )
    .option('--preprocess <file>', 'how pictures become inputs (default: a file beside the model)')
    .option('--json <file>', 'write everything for --compare')
    .option('--force', 'replace the file at --json even if it is no report')
    .option('--compare <file>', 'what an earlier run wrote with --json')
    .option('--quiet', 'no progress')
    .addHelpText('after', examples)
    .action(async (args: string[], flags: BenchFlags) => {
      const { bench } = await import('./commands/bench.js');
      finish(await bench(args, flags, deps));
    });
}
