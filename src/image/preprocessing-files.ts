/**
 * Preprocessing and labels from the usual files beside a model. Pure functions of parsed JSON: callers read
 * the files.
 */
import { CamError } from '../errors.js';
import type { Preprocessing } from '../types.js';
import { huggingFacePreprocessing } from './hugging-face.js';
import { isObject, type Json, parseLabels, refuse } from './json.js';
import { validatePreprocessing } from './preprocessing.js';
import { type ActivationSettings, problemType } from './problem-type.js';
import { timmConfig, timmLabels, timmPreprocessing } from './timm.js';

export interface ModelSettings extends ActivationSettings {
  readonly preprocessing?: Preprocessing;
  /** The file that gives the preprocessing. */
  readonly preprocessingSource?: string;
  readonly labels?: readonly string[];
  /** The file that gives the labels. */
  readonly labelsSource?: string;
}

const settings = (
  where: string,
  preprocessing: Preprocessing | undefined,
  labels: readonly string[] | undefined,
  labelsSource = where,
): ModelSettings => ({
  ...(preprocessing && { preprocessing, preprocessingSource: where }),
  ...(labels && { labels, labelsSource }),
});

/** Hugging Face's second file, beside the first. */
const configBeside = (where: string): string => where.replace(/[^/\\]*$/, 'config.json');

/** Labels of our own file, of Hugging Face's `config.json` or of timm's. */
function labelsIn(where: string, file: Json): readonly string[] | undefined {
  if (file.labels !== undefined) return parseLabels(`${where}: labels`, file.labels);
  if (file.id2label !== undefined && file.id2label !== null)
    return parseLabels(`${where}: id2label`, file.id2label);
  const names = timmLabels(file);
  return names === undefined || names === null ? undefined : parseLabels(`${where}: label_names`, names);
}

/**
 * The settings of a `config.json`: Hugging Face's `id2label` and `problem_type`; timm's `label_names` and
 * preprocessing.
 * @throws {CamError} `option`, naming the field.
 */
export function parseConfig(where: string, file: unknown): ModelSettings {
  if (!isObject(file)) return {};
  const timm = timmConfig(file);
  const preprocessing = timm && timmPreprocessing(where, timm);
  return { ...settings(where, preprocessing, labelsIn(where, file)), ...problemType(where, file) };
}

/**
 * Hugging Face's `preprocessor_config.json`, and `config.json` (for `id2label` and `problem_type`) where
 * there is one.
 * @throws {CamError} `option`, naming the field, for what cannot be reproduced exactly; see
 *   `huggingFacePreprocessing`.
 */
export function parseHuggingFace(where: string, file: unknown, config?: unknown): ModelSettings {
  if (!isObject(file)) refuse(where, 'an object', file);
  const beside = configBeside(where);
  const labels = isObject(config) ? labelsIn(beside, config) : undefined;
  return {
    ...settings(where, huggingFacePreprocessing(where, file), labels, beside),
    ...problemType(beside, config),
  };
}

/**
 * One entry of a list of models: `file`, `shape` `[n, C, H, W]`, `mean`, `std`, `range01`, `channelOrder`.
 */
function parseListed(where: string, list: readonly unknown[], model: string): ModelSettings {
  const entry = list.find((e): e is Json => isObject(e) && e.file === model);
  if (!entry) {
    const names = list.map((e) => (isObject(e) ? e.file : undefined)).filter((f) => typeof f === 'string');
    throw new CamError(
      'option',
      `${where}: expected an entry whose "file" is "${model}", got ${names.join(', ') || 'none'}.`,
    );
  }
  const { shape } = entry;
  if (!Array.isArray(shape) || shape.length !== 4) refuse(`${where}: shape`, '[n, C, H, W]', shape);
  const preprocessing = validatePreprocessing(`${where}: ${model}`, {
    size: shape.slice(2),
    resize: entry.resize ?? 'shortest',
    shortestEdge: entry.shortestEdge,
    interpolation: entry.interpolation,
    mean: entry.mean,
    std: entry.std,
    scale: entry.range01 === false ? 1 : 1 / 255,
    channels: entry.channelOrder ?? (shape[1] === 1 ? 'GRAY' : 'RGB'),
  });
  return settings(where, preprocessing, labelsIn(where, entry));
}

/** Matches fields that only Hugging Face's processors have. */
const HUGGING_FACE =
  'image_mean image_std image_processor_type feature_extractor_type do_normalize do_resize do_rescale do_center_crop rescale_factor crop_size'.split(
    ' ',
  );

/**
 * Preprocessing and labels from any of the four supported kinds of file:
 * - ours,
 *   `{ size, mean, std, resize?, shortestEdge?, interpolation?, scale?, channels?, labels? | id2label? }`;
 * - Hugging Face's `preprocessor_config.json`;
 * - timm's `config.json`, with `pretrained_cfg`;
 * - an array with one entry per model, picked by its `file`.
 *
 * @param where  Names the file in errors.
 * @param model  The model's file name, for the array.
 * @param config  Hugging Face's `config.json` beside the file, where there is one.
 * @throws {CamError} `option`, naming the field.
 */
export function parseModelSettings(
  where: string,
  file: unknown,
  model: string,
  config?: unknown,
): ModelSettings {
  if (Array.isArray(file)) return parseListed(where, file, model);
  if (!isObject(file)) refuse(where, 'an object with size, mean and std, or an array of such', file);
  if (timmConfig(file)) return parseConfig(where, file);
  // Processors of several parts hold the image processor in a field of its own.
  if (isObject(file.image_processor)) return parseHuggingFace(where, file.image_processor, config);
  if (HUGGING_FACE.some((key) => key in file)) return parseHuggingFace(where, file, config);
  return settings(where, validatePreprocessing(where, file), labelsIn(where, file));
}
