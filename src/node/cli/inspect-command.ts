import { Command } from 'commander';
import type { Dependencies } from '../terminal/dependencies.js';
import type { InspectFlags } from './commands/inspect.js';

const examples = `
Examples:
  $ onnx-cam inspect resnet50.onnx
  $ onnx-cam inspect resnet50.onnx --json | jq .layer`;

/** The command `inspect`. */
export function inspectCommand(deps: Dependencies, finish: (code: number) => void): Command {
  return new Command('inspect')
    .description(
      'Show what a model is: inputs, outputs, candidate layers, the layer that is taken and why, the kind of tail.',
    )
    .argument('[model]', 'ONNX file, or a folder that holds one; birds is the bundled example')
    .option('--model <file>', 'the same')
    .option('--all', 'every candidate layer, not only the last of each size')
    .option('--json', 'as JSON, with everything')
    .addHelpText('after', examples)
    .action(async (named: string | undefined, flags: InspectFlags) => {
      const { inspect } = await import('./commands/inspect.js');
      finish(await inspect(named, flags, deps));
    });
}
