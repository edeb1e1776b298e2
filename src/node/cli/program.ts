import { Command, CommanderError, Option } from 'commander';
import { CamError } from '../../errors.js';
import { addExplainOptions, type ExplainFlags } from '../options/explain.js';
import * as read from '../options/values.js';
import type { Dependencies } from '../terminal/dependencies.js';
import { Interrupted } from '../terminal/interrupted.js';
import { line, lines } from '../terminal/line.js';
import { bakeCommand } from './commands/bake.js';
import { benchCommand } from './commands/bench.js';
import { enqueueCommand } from './commands/enqueue.js';
import { explain } from './commands/explain.js';
import { type InspectFlags, inspect } from './commands/inspect.js';
import { workCommand } from './commands/work.js';
import { evaluateCommand } from './evaluate-command.js';
import { exitCodes } from './exit-codes.js';

const explainExamples = `
Examples:
  $ onnx-cam explain resnet50.onnx photo.jpg                your model, Grad-CAM and MI-CAM of the predicted class
  $ onnx-cam explain --model birds photo.jpg                the bundled example model
  $ onnx-cam explain m.onnx --format png,html pics          a folder, and a contact sheet to look at
  $ onnx-cam explain m.onnx --target top3 dog.jpg           the three most probable classes
  $ onnx-cam explain m.onnx --target "golden retriever" --target 207 dog.jpg
  $ onnx-cam explain m.onnx --method all --raw --weights --format npy batch.npy
  $ onnx-cam explain m.onnx --list all.txt --pack 1024 --resume --shard 3/8

Exit code: 0; 1 when some inputs failed (the others are done); 2 for a usage or model error; 130 when stopped by Ctrl-C.`;

const inspectExamples = `
Examples:
  $ onnx-cam inspect resnet50.onnx
  $ onnx-cam inspect resnet50.onnx --json | jq .layer`;

function explainCommand(deps: Dependencies, finish: (code: number) => void): Command {
  const command = new Command('explain').description('Show where in pictures the evidence for a class lies.');
  return addExplainOptions(command, deps)
    .addOption(
      new Option(
        '--shard <i/n>',
        'the i-th of n equal shares of the inputs, for machines side by side',
      ).argParser(read.shard),
    )
    .option('--resume', 'go on from where the same command was interrupted')
    .option('--quiet', 'no notices, no progress, no report; errors only')
    .addHelpText('after', explainExamples)
    .action(async (inputs: string[], flags: ExplainFlags) => {
      finish(await explain(inputs, flags, deps));
    });
}

function inspectCommand(deps: Dependencies, finish: (code: number) => void): Command {
  return new Command('inspect')
    .description(
      'Show what a model is: inputs, outputs, candidate layers, the layer that is taken and why, the kind of tail.',
    )
    .argument('[model]', 'ONNX file, or a folder that holds one; birds is the bundled example')
    .option('--model <file>', 'the same')
    .option('--all', 'every candidate layer, not only the last of each size')
    .option('--json', 'as JSON, with everything')
    .addHelpText('after', inspectExamples)
    .action(async (named: string | undefined, flags: InspectFlags) => {
      finish(await inspect(named, flags, deps));
    });
}

/** @throws {CamError} `option` where a file stands in the place of the command. */
function expectCommand([first]: readonly string[]): void {
  if (first === undefined || !/\.(onnx|png|jpe?g|webp|npy)$/i.test(first)) return;
  throw new CamError(
    'option',
    `expected a command, got the file ${first}. Type "onnx-cam explain model.onnx photo.jpg".`,
  );
}

/**
 * Runs the program.
 * @param args  What follows the program's name.
 * @returns The exit code: 0; 1 when some inputs failed; 2 for a usage or model error, told on `stderr`; 130
 *   when the user stopped it.
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
    .addCommand(enqueueCommand(deps, finish))
    .addCommand(workCommand(deps, finish))
    .addCommand(bakeCommand(deps, finish))
    .addCommand(benchCommand(deps, finish));
  for (const command of [program, ...program.commands]) {
    command.exitOverride().configureOutput({
      writeOut: (text) => deps.stdout.write(text),
      writeErr: (text) => deps.stderr.write(text),
      // A file called --x that a pattern of the shell gave is an argument too.
      outputError: (text, write) =>
        write(
          lines(
            text
              .replace(/^error: /, 'onnx-cam: ')
              .trimEnd()
              .split(/\n(?=\(Did you mean )/),
          ),
        ),
    });
  }
  try {
    expectCommand(args);
    await program.parseAsync(args, { from: 'user' });
    return code;
  } catch (error) {
    if (error instanceof Interrupted) {
      deps.stderr.write(`onnx-cam: ${error.message}; nothing was started.\n`);
      return exitCodes.interrupted;
    }
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.done : exitCodes.usage;
    if (!(error instanceof CamError)) throw error;
    deps.stderr.write(line(error.message));
    return exitCodes.usage;
  }
}
