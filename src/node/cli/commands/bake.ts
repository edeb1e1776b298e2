import { access } from 'node:fs/promises';
import { basename, dirname, extname, join, relative, resolve } from 'node:path';
import { CamError, printable } from '../../../errors.js';
import { settingsOf } from '../../../explain/settings.js';
import {
  analyse,
  type BakedMethodName,
  type BakedModel,
  type BakeTarget,
  bake,
  externalLocations,
  formatShape,
  type Model,
  parseModel,
  type ValueInfo,
  withScoring,
} from '../../../onnx/index.js';
import { writeAtomically } from '../../files/files.js';
import { loadModel } from '../../model/load-model.js';
import { modelPath } from '../../model/model-path.js';
import { findSettings } from '../../model/settings.js';
import type { Dependencies } from '../../terminal/dependencies.js';
import { line } from '../../terminal/line.js';

/** The options of `bake`, parsed and validated. */
export interface BakeFlags {
  readonly method: BakedMethodName;
  readonly out?: string;
  readonly layer?: string;
  readonly output?: string;
  readonly size: 'input' | 'layer';
  readonly target: BakeTarget;
  readonly region: number;
  readonly normalize?: true;
  readonly preprocess?: string;
  readonly force?: true;
  readonly quiet?: true;
}

/**
 * Writes the baked model and prints a summary.
 * @throws {CamError} `model`, `layer`, `gradients`, `option` as `bake`; `output` where the file exists or
 *   cannot be written.
 */
export async function bakeFile(source: string, flags: BakeFlags, deps: Dependencies): Promise<void> {
  const path = await modelPath(source);
  const { out = join(dirname(path), `${basename(path, extname(path))}.cam.onnx`), quiet } = flags;
  if (!flags.force) await refuseExisting(out);
  // External data are neither read nor moved.
  const { bytes } = await loadModel(path, () => []);
  const parsed = parseModel(bytes, path);
  const settings = await findSettings(path, { preprocess: flags.preprocess });
  const found = settingsOf(analyse(parsed), settings);
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
  for (const notice of notices(path, out, model, method, preprocessing !== undefined))
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
  model: Model,
  method: BakedMethodName,
  isKnown: boolean,
): readonly string[] {
  const found: string[] = [];
  if (method === 'mi-cam' && !isKnown)
    found.push(
      `${path}: nothing says how pictures become inputs (no --preprocess, no file beside the model): mi-cam takes its grey picture from the range of each input.`,
    );
  const external = [...externalLocations(model)];
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
