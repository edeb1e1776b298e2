import { Command, CommanderError } from 'commander';
import { CamError } from '../../errors.js';
import type { Dependencies } from '../terminal/dependencies.js';
import { Interrupted } from '../terminal/interrupted.js';
import { line, lines } from '../terminal/line.js';
import { bakeCommand } from './bake-command.js';
import { benchCommand } from './bench-command.js';
import { enqueueCommand } from './enqueue-command.js';
import { evaluateCommand } from './evaluate-command.js';
import { exitCodes } from './exit-codes.js';
import { explainCommand } from './explain-command.js';
import { inspectCommand } from './inspect-command.js';
import { workCommand } from './work-command.js';

/** @throws {CamError} `option` where a file stands in place of the command. */
function expectCommand([first]: readonly string[]): void {
  if (first === undefined || !/\.(onnx|png|jpe?g|webp|npy)$/i.test(first)) return;
  throw new CamError(
    'option',
    `expected a command, got the file ${first}. Type "onnx-cam explain model.onnx photo.jpg".`,
  );
}

/**
 * Runs the program. The modules imported here define the options. A command's own code is loaded when it
 * runs, so that `--help` and mistakes in options are reported at once.
 * @param args  The arguments after the program's name.
 * @returns The exit code: 0; 1 when some inputs failed; 2 for a usage or model error, reported on `stderr`;
 *   130 when the user stopped it.
 */
export async function main(args: readonly string[], deps: Dependencies): Promise<number> {
  let code: number = exitCodes.done;
  const finish = (result: number): void => {
    code = result;
  };
  const program = new Command('onnx-cam')
    .description('Class activation maps for ONNX vision models.')
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
      // A file called --x, from a pattern of the shell, is an argument too.
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
