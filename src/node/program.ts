import { Command, CommanderError, Option } from 'commander';
import { CamError } from '../errors.js';
import { colorMapNames } from '../image/index.js';
import { bakeCommand } from './commands/bake.js';
import { benchCommand } from './commands/bench.js';
import { type ExplainFlags, exitCodes, explain } from './commands/explain.js';
import { inspect } from './commands/inspect.js';
import type { Dependencies } from './dependencies.js';
import { evaluateCommand } from './evaluate-command.js';
import * as read from './options.js';

const explainExamples = `
Examples:
  $ onnx-cam explain photo.jpg                              the classifier that comes along, MI-CAM
  $ onnx-cam explain --model resnet50.onnx photo.jpg        your own model
  $ onnx-cam explain --model m.onnx --format png,html pics  a folder, and a contact sheet to look at
  $ onnx-cam explain --model m.onnx --target "golden retriever" --target 207 dog.jpg
  $ onnx-cam explain --model m.onnx --method all --raw --weights --format npy batch.npy
  $ onnx-cam explain --model m.onnx --list all.txt --pack 1024 --resume --shard 3/8

Exit code: 0; 1 when some inputs failed (the others are done); 2 for a usage or model error; 130 when stopped by Ctrl-C.`;

const inspectExamples = `
Examples:
  $ onnx-cam inspect resnet50.onnx
  $ onnx-cam inspect resnet50.onnx --json | jq .layer`;

function explainCommand(deps: Dependencies, finish: (code: number) => void): Command {
  const methods = Object.keys(deps.methods).join(', ');
  const option = (
    flags: string,
    text: string,
    parser: (value: string) => unknown,
    fallback?: unknown,
    shown?: string,
  ): Option => {
    const made = new Option(flags, text).argParser(parser);
    return fallback === undefined ? made : made.default(fallback, shown);
  };
  return new Command('explain')
    .description('Show where in pictures the evidence for a class lies.')
    .argument(
      '[inputs...]',
      'picture files, folders, globs, .zip or .tar archives, or .npy float32 tensors [n, 3, H, W] that are already normalised',
    )
    .option('--model <file>', 'ONNX classifier (default: the bird classifier that comes along)')
    .addOption(
      new Option(
        '--layer <tensors>',
        'target layers, by tensor name (default: chosen from the graph)',
      ).argParser(read.list('--layer')),
    )
    .addOption(
      new Option('--method <names>', `methods: ${methods}, or all`)
        .argParser(read.list('--method'))
        .default(undefined, 'mi-cam'),
    )
    .addOption(
      new Option(
        '--target <class>',
        'predicted, an index, a label, or i,j,k: one class per image; repeat for several per image',
      )
        .argParser(read.target)
        .default([], 'predicted'),
    )
    .addOption(
      option(
        '--score <kind>',
        'what is explained: logit or probability',
        read.choice('--score', read.scores),
        'logit',
      ),
    )
    .addOption(
      option(
        '--region <size>',
        'window of infoCAM, layer pixels',
        read.positiveInteger('--region', 'layer pixels'),
        3,
      ),
    )
    .addOption(
      option('--bins <count>', `histogram bins of MI-CAM: ${read.binCounts.join(', ')}`, read.bins, 64),
    )
    .addOption(
      option(
        '--resolution <pixels>',
        'longer side at which MI-CAM counts; smaller is faster and coarser (default: the input size)',
        read.positiveInteger('--resolution', 'pixels'),
      ),
    )
    .addOption(
      option(
        '--backend <name>',
        `what the kernels run on: ${read.backends.join(', ')}`,
        read.choice('--backend', read.backends),
        'auto',
      ),
    )
    .addOption(
      option(
        '--runtime <name>',
        `what the model runs on: ${read.runtimes.join(', ')}`,
        read.choice('--runtime', read.runtimes),
        'auto',
      ),
    )
    .option('--out <folder>', 'where results go', 'onnx-cam-out')
    .addOption(
      option(
        '--format <list>',
        'png (overlays), npy (maps), html (contact sheet), json (the summary, always written)',
        read.formatList,
        undefined,
        'png; npy with --pack',
      ),
    )
    .option('--raw', 'also write the maps before ReLU, [n, h, w]')
    .option('--weights', 'also write the channel weights, [n, K]')
    .option(
      '--preprocess <file>',
      'how pictures become inputs (default: a file beside the model, else the ImageNet convention)',
    )
    .option('--labels <file>', 'class labels, one per line or JSON')
    .addOption(option('--colormap <name>', `colours: ${colorMapNames.join(', ')}`, read.colormap, 'turbo'))
    .addOption(
      option('--alpha <opacity>', 'opacity of the strongest heat, 0 to 1 (default: 0.6)', read.alpha),
    )
    .option('--heat-only', 'the heat map alone, without the picture')
    .option('--augment', 'mean over the picture as it is and mirrored, each times 0.9, 1 and 1.1')
    .option('--eigen-smooth', 'first principal component of the weighted channels in place of their sum')
    .addOption(
      option(
        '--batch <count>',
        'images in one pass of the model',
        read.positiveInteger('--batch', 'images in one pass'),
        8,
      ),
    )
    .addOption(
      option(
        '--threads <count>',
        'threads of the model (default: the cores, at most 8)',
        read.positiveInteger('--threads', 'threads of the model'),
      ),
    )
    .addOption(
      option(
        '--workers <count>',
        'threads that each explain pictures from file to file (default: by cores and memory; 1 on a GPU)',
        read.positiveInteger('--workers', 'threads'),
      ),
    )
    .option('--list <file>', 'inputs to explain besides, one path per line; - reads standard input')
    .addOption(
      option(
        '--pack <count>',
        'arrays of so many images, part-00000.mi-cam.npy …, with index.jsonl, in place of files per picture',
        read.positiveInteger('--pack', 'images per array'),
      ),
    )
    .addOption(
      option(
        '--shard <i/n>',
        'the i-th of n equal shares of the inputs, for machines side by side',
        read.shard,
      ),
    )
    .option('--resume', 'go on from where the same command was interrupted')
    .option('--quiet', 'no notices, no progress, no report; errors only')
    .addHelpText('after', explainExamples)
    .action(
      async (
        inputs: string[],
        flags: Omit<ExplainFlags, 'method'> & Partial<Pick<ExplainFlags, 'method'>>,
      ) => {
        finish(await explain(inputs, { ...flags, method: flags.method ?? ['mi-cam'] }, deps));
      },
    );
}

function inspectCommand(deps: Dependencies, finish: (code: number) => void): Command {
  return new Command('inspect')
    .description(
      'Tell what a model is: inputs, outputs, candidate layers, the layer that is taken and why, the kind of tail.',
    )
    .argument('<model>', 'ONNX file')
    .option('--json', 'as JSON')
    .addHelpText('after', inspectExamples)
    .action(async (model: string, flags: { json?: true }) => {
      finish(await inspect(model, flags.json === true, deps));
    });
}

/**
 * Runs the program.
 * @param args  What follows the program's name.
 * @returns The exit code: 0; 1 when some inputs failed; 2 for a usage or model error, told on `stderr`; 130 when the user stopped it.
 */
export async function main(args: readonly string[], deps: Dependencies): Promise<number> {
  let code: number = exitCodes.done;
  const finish = (result: number): void => {
    code = result;
  };
  const program = new Command('onnx-cam')
    .description('Class activation maps for ONNX image classifiers.')
    .version(deps.version)
    .addCommand(explainCommand(deps, finish))
    .addCommand(evaluateCommand(deps, finish))
    .addCommand(inspectCommand(deps, finish))
    .addCommand(bakeCommand(deps, finish))
    .addCommand(benchCommand(deps, finish));
  for (const command of [program, ...program.commands]) {
    command.exitOverride().configureOutput({
      writeOut: (text) => deps.stdout.write(text),
      writeErr: (text) => deps.stderr.write(text),
      outputError: (text, write) => write(text.replace(/^error: /, 'onnx-cam: ')),
    });
  }
  try {
    await program.parseAsync(args, { from: 'user' });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.done : exitCodes.usage;
    if (!(error instanceof CamError)) throw error;
    deps.stderr.write(`onnx-cam: ${error.message}\n`);
    return exitCodes.usage;
  }
}
