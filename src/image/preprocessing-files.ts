/**
 * What the usual files beside a model say of its preprocessing and labels. Pure functions of parsed JSON: reading the files is
 * somebody else's work.
 */
import { CamError } from '../errors.js';
import type { Preprocessing } from '../types.js';
import { shown, validatePreprocessing } from './preprocessing.js';

export interface ModelSettings {
  readonly preprocessing?: Preprocessing;
  readonly labels?: readonly string[];
}

type Json = Readonly<Record<string, unknown>>;

const isObject = (x: unknown): x is Json => typeof x === 'object' && x !== null && !Array.isArray(x);

function refuse(where: string, expected: string, got: unknown): never {
  throw new CamError('option', `${where}: expected ${expected}, got ${shown(got)}.`);
}

/**
 * Labels in class order, from an array, or from a map `{ "0": "tench", … }` that names every class from 0 on.
 * Throws `CamError` `option` where a class has no name.
 */
export function parseLabels(where: string, value: unknown): readonly string[] {
  const isText = (x: unknown): x is string => typeof x === 'string';
  if (Array.isArray(value)) {
    if (value.length === 0 || !value.every(isText)) refuse(where, 'an array of names, one per class', value);
    return value;
  }
  if (!isObject(value)) refuse(where, 'an array of names, or a map from class to name', value);
  const count = Object.keys(value).length;
  return Array.from({ length: count }, (_, index) => {
    const label = value[index];
    if (typeof label !== 'string') refuse(where, `a name for each of the classes 0 to ${count - 1}`, value);
    return label;
  });
}

function labelsIn(where: string, file: Json): readonly string[] | undefined {
  if (file.labels !== undefined) return parseLabels(`${where}: labels`, file.labels);
  return file.id2label === undefined ? undefined : parseLabels(`${where}: id2label`, file.id2label);
}

const settings = (preprocessing: Preprocessing, labels: readonly string[] | undefined): ModelSettings =>
  labels ? { preprocessing, labels } : { preprocessing };

/** `height` and `width` out of `{height, width}` or one number for both. */
function sizeOf(where: string, value: unknown): [unknown, unknown] {
  if (typeof value === 'number') return [value, value];
  if (isObject(value) && 'height' in value && 'width' in value) return [value.height, value.width];
  return refuse(where, '{"height": …, "width": …} or one number', value);
}

/** PIL's numbers for its filters. */
const resample: ReadonlyMap<unknown, Preprocessing['interpolation']> = new Map([
  [0, 'nearest'],
  [2, 'bilinear'],
  [3, 'bicubic'],
]);

/** Shortest edge below which ConvNeXt's processor crops; from there on it stretches. */
const CONVNEXT_CROPS_BELOW = 384;

function huggingFaceGeometry(
  where: string,
  file: Json,
): Pick<Preprocessing, 'size' | 'resize' | 'shortestEdge'> | Json {
  const { size, crop_size: cropSize, crop_pct: cropPct } = file;
  const crops = file.do_center_crop !== false && cropSize !== undefined;
  const edge = isObject(size) ? size.shortest_edge : typeof size === 'number' ? size : undefined;
  if (file.do_resize === false) {
    if (crops) refuse(`${where}: do_resize`, 'true (pictures of any size are resized to the input)', false);
    return { size: sizeOf(`${where}: size`, size), resize: 'exact' };
  }
  if (typeof cropPct === 'number' && typeof edge === 'number') {
    if (!(cropPct > 0 && cropPct <= 1)) refuse(`${where}: crop_pct`, 'a number above 0, at most 1', cropPct);
    return edge < CONVNEXT_CROPS_BELOW
      ? { size: [edge, edge], resize: 'shortest', shortestEdge: Math.trunc(edge / cropPct) }
      : { size: [edge, edge], resize: 'exact' };
  }
  if (crops && edge !== undefined) {
    return { size: sizeOf(`${where}: crop_size`, cropSize), resize: 'shortest', shortestEdge: edge };
  }
  if (isObject(size) && size.shortest_edge !== undefined) {
    refuse(
      `${where}: crop_size`,
      'the size of the centre crop (with size.shortest_edge alone the input has no fixed size)',
      cropSize,
    );
  }
  if (crops && shown(sizeOf(`${where}: crop_size`, cropSize)) !== shown(sizeOf(`${where}: size`, size))) {
    refuse(
      `${where}: crop_size`,
      `the size itself, ${shown(size)} (a crop of a stretched picture is not supported)`,
      cropSize,
    );
  }
  return { size: sizeOf(`${where}: size`, size), resize: 'exact' };
}

/**
 * Hugging Face's `preprocessor_config.json`, and `config.json` (for `id2label`) where there is one.
 * Understood: resize to a size or a shortest edge, centre crop, ConvNeXt's `crop_pct`, the filters nearest, bilinear and bicubic,
 * rescaling with or without offset, normalisation.
 * @throws {CamError} `option` for what cannot be followed exactly.
 */
export function parseHuggingFace(where: string, file: unknown, config?: unknown): ModelSettings {
  if (!isObject(file)) refuse(where, 'an object', file);
  const interpolation = resample.get(file.resample ?? 2);
  if (!interpolation) refuse(`${where}: resample`, '0 (nearest), 2 (bilinear) or 3 (bicubic)', file.resample);
  const normalises = file.do_normalize !== false;
  const mean = normalises ? file.image_mean : [0, 0, 0];
  // With `rescale_offset` the values are -1..1 before normalisation: (x·f - 1 - m)/s = (x·f - (m + 1))/s.
  const shifted = file.rescale_offset === true && Array.isArray(mean) ? mean.map((m) => m + 1) : mean;
  const preprocessing = validatePreprocessing(where, {
    ...huggingFaceGeometry(where, file),
    interpolation,
    mean: shifted,
    std: normalises ? file.image_std : [1, 1, 1],
    scale: file.do_rescale === false ? 1 : (file.rescale_factor ?? 1 / 255),
    channels: Array.isArray(mean) && mean.length === 1 ? 'GRAY' : 'RGB',
  });
  return settings(preprocessing, isObject(config) ? labelsIn('config.json', config) : undefined);
}

/** One entry of a list of models: `file`, `shape` `[n, C, H, W]`, `mean`, `std`, `range01`, `channelOrder`. */
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
  return settings(preprocessing, labelsIn(where, entry));
}

/**
 * Preprocessing and labels from any of the three kinds of file that are understood:
 * - ours, `{ size, mean, std, resize?, shortestEdge?, interpolation?, scale?, channels?, labels? | id2label? }`;
 * - Hugging Face's `preprocessor_config.json`;
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
  const isHuggingFace = ['image_mean', 'image_processor_type', 'feature_extractor_type', 'do_normalize'].some(
    (key) => key in file,
  );
  if (isHuggingFace) return parseHuggingFace(where, file, config);
  return settings(validatePreprocessing(where, file), labelsIn(where, file));
}
