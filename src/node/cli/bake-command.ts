import { Command, Option } from 'commander';
import { bakedMethodNames } from '../../onnx/bake/names.js';
import * as read from '../options/values.js';
import type { Dependencies } from '../terminal/dependencies.js';
import type { BakeFlags } from './commands/bake.js';

const examples = `
The new model has the outputs of the old one and "saliency", float32 [n, H, W], 0 to 1. With --target input it takes "target" as well,
int64 [n]: one class per image, negative for the predicted one.

Examples:
  $ onnx-cam bake resnet50.onnx --method grad-cam                     writes resnet50.cam.onnx
  $ onnx-cam bake m.onnx --method layer-cam --layer features.17 -o m.layer-cam.onnx
  $ onnx-cam bake m.onnx --method cam --target input --size layer     small maps of a class of your choice
  $ onnx-cam bake m.onnx --method mi-cam --normalize                  takes "pixels": uint8 [n, 3, H, W], RGB

Exit code: 0; 2 for a usage or model error.`;

/** `onnx-cam bake`: writes a model that carries its own explanation. */
export function bakeCommand(deps: Dependencies, finish: (code: number) => void): Command {
  return new Command('bake')
    .description('Write the explanation into a model: any ONNX runtime then gives the map with the scores.')
    .argument('<model>', 'ONNX file')
    .addOption(
      new Option('--method <name>', `one of ${bakedMethodNames.join(', ')}`)
        .argParser(read.methodName(bakedMethodNames))
        .makeOptionMandatory(),
    )
    .option('-o, --out <file>', 'what to write (default: <model>.cam.onnx, beside the model)')
    .option('--layer <tensor>', 'target layer, by tensor name (default: chosen from the graph)')
    .option(
      '--output <name>',
      'the model output that is explained (default: the first that can hold the target)',
    )
    .addOption(
      new Option('--size <which>', "size of the saliency: input (the picture's) or layer (small)")
        .argParser(read.choice('--size', ['input', 'layer']))
        .default('input'),
    )
    .addOption(
      new Option(
        '--target <which>',
        'predicted, input (the class is a further input of the model), or value:J (a number of the output)',
      )
        .argParser(read.bakeTarget)
        .default('predicted'),
    )
    .addOption(
      new Option('--region <size>', 'window of infoCAM, layer pixels')
        .argParser(read.positiveInteger('--region', 'layer pixels'))
        .default(3),
    )
    .option('--normalize', 'take 8-bit RGB pixels, uint8 [n, 3, H, W]: mean and std become part of the model')
    .option(
      '--preprocess <file>',
      'mean and std, for --normalize and mi-cam (default: a file beside the model)',
    )
    .option('--force', 'replace the file that is there')
    .option('--quiet', 'no notices, no report; errors only')
    .addHelpText('after', examples)
    .action(async (model: string, flags: BakeFlags) => {
      const { bakeFile } = await import('./commands/bake.js');
      await bakeFile(model, flags, deps);
      finish(0);
    });
}
