import { basename, dirname, extname, join, resolve } from 'node:path';
import { CamError } from '../../errors.js';
import { CONVENTION } from '../../explain/settings.js';
import type { Explainer } from '../../explainer.js';
import {
  type ModelSettings,
  metadataSettings,
  parseConfig,
  parseLabels,
  parseModelSettings,
} from '../../image/index.js';
import { analyse } from '../../onnx/network.js';
import { parseModel } from '../../onnx/read.js';
import { reason } from '../files/files.js';
import { readRegularText } from '../files/regular-file.js';
import { loadModel } from './load-model.js';

export interface SettingsOptions {
  /** A file that states how pictures become inputs, and perhaps the labels. */
  readonly preprocess?: string;
  /** A file with the labels: JSON, or text with one per line. */
  readonly labels?: string;
}

async function readText(option: string, path: string): Promise<string> {
  try {
    return await readRegularText(path);
  } catch (error) {
    throw new CamError('option', `${option}: "${path}" could not be read: ${reason(error)}.`, {
      cause: error,
    });
  }
}

function parseJson(path: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    // The parser's message quotes the file; bytes of a picture do not belong on a terminal.
    const binary = text.includes('\0') || text.includes('\ufffd');
    const why = error instanceof Error ? error.message : String(error);
    throw new CamError('option', `${path}: expected JSON${binary ? ', got a binary file' : `: ${why}`}.`, {
      cause: error,
    });
  }
}

/** The parsed file, or `undefined` where there is none. */
async function readOptional(path: string): Promise<unknown> {
  let text: string;
  try {
    text = await readRegularText(path);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw new CamError('option', `${path}: could not be read: ${reason(error)}.`, { cause: error });
  }
  return parseJson(path, text);
}

async function readLabels(path: string): Promise<readonly string[]> {
  const text = await readText('--labels', path);
  if (/^\s*[[{]/.test(text)) return parseLabels(path, parseJson(path, text));
  const lines = text.split(/\r?\n/).map((line) => line.trim());
  while (lines.at(-1) === '') lines.pop();
  if (lines.length === 0)
    throw new CamError('option', `--labels: "${path}": expected one label per line, got none.`);
  return lines;
}

const HF_PROCESSOR = 'preprocessor_config.json';
const CONFIG = 'config.json';

async function fileSettings(path: string, model: string): Promise<ModelSettings> {
  const file = parseJson(path, await readText('--preprocess', path));
  return parseModelSettings(path, file, model, await readOptional(join(dirname(path), CONFIG)));
}

/** Hugging Face's two files, or timm's one, in a folder. */
async function repository(folder: string, model: string): Promise<ModelSettings> {
  const [processor, config] = [join(folder, HF_PROCESSOR), join(folder, CONFIG)];
  const says = await readOptional(processor);
  const configured = await readOptional(config);
  if (says === undefined) return parseConfig(config, configured);
  return parseModelSettings(processor, says, model, configured);
}

/**
 * The settings beside the model: `<model>.json`, else Hugging Face's files or timm's, which may lie in the
 * folder above `onnx`.
 */
async function besideModel(path: string): Promise<ModelSettings> {
  const folder = dirname(path);
  const model = basename(path);
  const own = join(folder, `${basename(model, extname(model))}.json`);
  // A model called "config" has no settings file of its own: `config.json` is Hugging Face's.
  const ours = basename(own) === CONFIG ? undefined : await readOptional(own);
  if (ours !== undefined) return parseModelSettings(own, ours, model);
  const here = await repository(folder, model);
  if (here.preprocessing || basename(resolve(folder)) !== 'onnx') return here;
  return { ...(await repository(join(folder, '..'), model)), ...here };
}

/**
 * How pictures become inputs of a model, and its labels, with the files that state them: the files named in
 * the options, else those beside the model (`<model>.json`; Hugging Face's `preprocessor_config.json` and
 * `config.json`; timm's `config.json`; for a model in a folder `onnx` also one folder up). Values that no
 * file states are undefined: the model's metadata or graph may still state them.
 * @throws {CamError} `option` for a file that cannot be read or parsed, or has a field that is not supported.
 */
export async function findSettings(modelPath: string, options: SettingsOptions = {}): Promise<ModelSettings> {
  const found = options.preprocess
    ? await fileSettings(options.preprocess, basename(modelPath))
    : await besideModel(modelPath);
  if (!options.labels) return found;
  return { ...found, labels: await readLabels(options.labels), labelsSource: options.labels };
}

/**
 * A notice for the user where no file states how pictures are prepared.
 * @param source  The explainer's `preprocessingSource`.
 */
export function preprocessingNotice(modelPath: string, source: string): string {
  if (source !== CONVENTION) return `${modelPath}: preprocessing from ${source}.`;
  const stem = basename(modelPath, extname(modelPath));
  return (
    `${modelPath}: nothing says how pictures are prepared (no --preprocess, no ${stem}.json, no ${HF_PROCESSOR}, no metadata): ` +
    `using ${CONVENTION}.`
  );
}

/**
 * The report's sentence on the sources of preprocessing (of pictures) and labels. The assumed convention has
 * a notice of its own.
 */
export function settingsSources(
  { preprocessingSource, labelsSource }: Pick<Explainer, 'preprocessingSource' | 'labelsSource'>,
  pictures: boolean,
): readonly string[] {
  return [
    ...(pictures && preprocessingSource !== CONVENTION ? [`preprocessing from ${preprocessingSource}`] : []),
    ...(labelsSource === undefined ? [] : [`labels from ${labelsSource}`]),
  ];
}

/**
 * The labels in the model's own metadata or graph, if any. Errors in the file are reported when the model is
 * opened.
 */
export async function labelsInModel(path: string): Promise<readonly string[] | undefined> {
  try {
    const model = parseModel((await loadModel(path, () => [])).bytes, path);
    const named = metadataSettings(model.metadata, { channels: 3 })?.labels;
    return named ?? analyse(model).scores.labels;
  } catch (error) {
    if (error instanceof CamError) return undefined;
    throw error;
  }
}
