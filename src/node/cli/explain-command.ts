import { Command, Option } from 'commander';
import { addExplainOptions, type ExplainFlags } from '../options/explain.js';
import * as read from '../options/values.js';
import type { Dependencies } from '../terminal/dependencies.js';

const examples = `
Examples:
  $ onnx-cam explain resnet50.onnx photo.jpg                your model, Grad-CAM and MI-CAM of the predicted class
  $ onnx-cam explain --model birds photo.jpg                the bundled example model
  $ onnx-cam explain m.onnx --format png,html pics          a folder, and a contact sheet to look at
  $ onnx-cam explain m.onnx --target top3 dog.jpg           the three most probable classes
  $ onnx-cam explain m.onnx --target "golden retriever" --target 207 dog.jpg
  $ onnx-cam explain m.onnx --method all --raw --weights --format npy batch.npy
  $ onnx-cam explain m.onnx --list all.txt --pack 1024 --resume --shard 3/8

Exit code: 0; 1 when some inputs failed (the others are done); 2 for a usage or model error; 130 when stopped by Ctrl-C.`;

/** The command `explain`. */
export function explainCommand(deps: Dependencies, finish: (code: number) => void): Command {
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
    .addHelpText('after', examples)
    .action(async (inputs: string[], flags: ExplainFlags) => {
      const { explain } = await import('./commands/explain.js');
      finish(await explain(inputs, flags, deps));
    });
}
