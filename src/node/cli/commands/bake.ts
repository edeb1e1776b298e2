import { access } from 'node:fs/promises';
import { basename, dirname, extname, join, relative, resolve } from 'node:path';
import { Command, Option } from 'commander';
import { CamError, printable } from '../../../errors.js';
import { settingsOf } from '../../../explain/settings.js';
import {
  type BakedMethodName,
  type BakedModel,
  bake,
  bakedMethods,
  formatShape,
  imageInput,
  type Model,
  parseModel,
  type ValueInfo,
  withScoring,
} from '../../../onnx/index.js';
import { writeAtomically } from '../../files/files.js';
import { externalLocations } from '../../model/external-locations.js';
import { loadModel } from '../../model/load-model.js';
import { modelPath } from '../../model/model-path.js';
import { findSettings } from '../../model/settings.js';
import * as read from '../../options/values.js';
import type { Dependencies } from '../../terminal/dependencies.js';
import { line } from '../../terminal/line.js';

/** The options of `bake`, read and checked. */
export interface BakeFlags {
  readonly method: BakedMethodName;
  readonly out?: string;
  readonly layer?: string;
  readonly output?: string;
  readonly size: 'input' | 'layer';
  readonly target: 'predicted' | 'input';
  readonly region: number;
  readonly normalize?: true;
  readonly preprocess?: string;
  readonly force?: true;
  readonly quiet?: true;
}

const names = Object.keys(bakedMethods) as BakedMethodName[];

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
      new Option('--method <name>', `one of ${names.join(', ')}`)
        .argParser(read.methodName(names))
        .makeOptionMandatory(),
    )
    .option('-o, --out <file>', 'what to write (default: <model>.cam.onnx, beside the model)')
    .option('--layer <tensor>', 'target layer, by tensor name (default: chosen from the graph)')
    .option(
      '--output <name>',
      'the model output with the class scores (default: the first that can hold them)',
    )
    .addOption(
      new Option('--size <which>', "size of the saliency: input (the picture's) or layer (small)")
        .argParser(read.choice('--size', ['input', 'layer']))
        .default('input'),
    )
    .addOption(
      new Option('--target <which>', 'the class: predicted, or input (a further input of the model)')
        .argParser(read.choice('--target', ['predicted', 'input']))
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
      await bakeFile(model, flags, deps);
      finish(0);
    });
}

/**
 * Writes the baked model and tells what was done.
 * @throws {CamError} `model`, `layer`, `gradients`, `option` as `bake`; `output` when the file exists or
 *   cannot be written.
 */
async function bakeFile(given: string, flags: BakeFlags, deps: Dependencies): Promise<void> {
  const path = await modelPath(given);
  const { out = join(dirname(path), `${basename(path, extname(path))}.cam.onnx`), quiet } = flags;
  if (!flags.force) await refuseExisting(out);
  // Values outside the file are neither needed nor moved.
  const { bytes } = await loadModel(path, () => []);
  const parsed = parseModel(bytes, path);
  const settings = await findSettings(path, { preprocess: flags.preprocess });
  const found = settingsOf(parsed, imageInput(parsed), settings);
  const model = withScoring(parsed, { output: flags.output, labels: found.labels?.length });
  const preprocessing = found.known ? found.preprocessing : undefined;
  if (flags.normalize && !preprocessing)
    throw new CamError(
      'option',
      `--normalize: mean and std of ${path} are not known: there is no --preprocess and no file beside the model. Write them into ${basename(path, extname(path))}.json.`,
    );
  const { method, layer, size, target, region, normalize = false } = flags;
  const baked = bake(model, { method, layer, size, target, region, normalize, preprocessing });
  await writeAtomically(out, baked.bytes);
  if (quiet) return;
  for (const remark of baked.scores.remarks) deps.stderr.write(line(`scores: ${remark}`));
  for (const notice of notices(path, out, bytes, method, preprocessing !== undefined))
    deps.stderr.write(line(notice));
  deps.stdout.write(report(out, model, baked, method));
}

async function refuseExisting(out: string): Promise<void> {
  const exists = await access(out).then(
    () => true,
    () => false,
  );
  if (!exists) return;
  throw new CamError(
    'output',
    `${out}: expected a name that is free, got a file that is there already. Choose another with --out, or replace it with --force.`,
  );
}

function notices(
  path: string,
  out: string,
  bytes: Uint8Array,
  method: BakedMethodName,
  isKnown: boolean,
): readonly string[] {
  const found: string[] = [];
  if (method === 'mi-cam' && !isKnown)
    found.push(
      `${path}: nothing says how pictures become inputs (no --preprocess, no file beside the model): mi-cam takes its grey picture from the range of each input.`,
    );
  const external = [...new Set(externalLocations(bytes, path))];
  if (external.length > 0 && relative(dirname(resolve(path)), dirname(resolve(out))) !== '')
    found.push(
      `${out}: its weights stay where they are: copy ${external.join(', ')} from ${dirname(path)} beside it.`,
    );
  return found;
}

function report(out: string, model: Model, baked: BakedModel, method: BakedMethodName): string {
  const described = ({ name, dtype, shape }: ValueInfo) =>
    `${name} ${dtype ?? 'of unknown type'} ${formatShape(shape)}`;
  const growth = baked.bytes.length - model.bytes.length;
  const lifted = model.opset < baked.opset ? ` (lifted from ${model.opset})` : '';
  const rows = [
    ['written', out],
    ['method', `${method}, from ${baked.way === 'activations' ? 'activations' : `a ${baked.way}`}`],
    ['layer', `${baked.layer.name} (${baked.layer.reason})`],
    ['inputs', baked.inputs.map(described).join('; ')],
    ['output', described(baked.saliency)],
    ['opset', `${baked.opset}${lifted}`],
    ['size', `${baked.bytes.length} bytes, ${growth < 0 ? growth : `+${growth}`}`],
  ];
  return rows.map(([name, text]) => `${name.padEnd(9)}${printable(text)}\n`).join('');
}
