import { basename, dirname, extname, join } from 'node:path';
import { CamError } from '../errors.js';
import { type ModelSettings, parseLabels, parseModelSettings } from '../image/index.js';
import { reason } from './files.js';
import { readRegularText } from './regular-file.js';

export interface FoundSettings extends ModelSettings {
  /** A sentence for the user where pictures will follow a convention because nothing says otherwise. */
  readonly notice?: string;
}

export interface SettingsOptions {
  /** A file that says how pictures become inputs, and perhaps the labels. */
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
    // The parser's words quote the file: bytes of a picture have no place on a terminal.
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

async function fileSettings(path: string, model: string): Promise<ModelSettings> {
  const file = parseJson(path, await readText('--preprocess', path));
  return parseModelSettings(path, file, model, await readOptional(join(dirname(path), 'config.json')));
}

/** What lies beside the model: `<model>.json`, else Hugging Face's two files. */
async function besideModel(modelPath: string): Promise<ModelSettings> {
  const folder = dirname(modelPath);
  const model = basename(modelPath);
  const own = join(folder, `${basename(model, extname(model))}.json`);
  const ours = await readOptional(own);
  if (ours !== undefined) return parseModelSettings(own, ours, model);
  const processor = join(folder, HF_PROCESSOR);
  const huggingFace = await readOptional(processor);
  if (huggingFace === undefined) return {};
  return parseModelSettings(processor, huggingFace, model, await readOptional(join(folder, 'config.json')));
}

/**
 * How pictures become inputs of a model, and its labels: from the files named in the options, else from those beside the model
 * (`<model>.json`; Hugging Face's `preprocessor_config.json` with `config.json`). Where there is no preprocessing it stays
 * undefined, which means the ImageNet convention, and `notice` says so.
 * @throws {CamError} `option` for a file that cannot be read, understood or followed.
 */
export async function findSettings(modelPath: string, options: SettingsOptions = {}): Promise<FoundSettings> {
  const found = options.preprocess
    ? await fileSettings(options.preprocess, basename(modelPath))
    : await besideModel(modelPath);
  const labels = options.labels ? await readLabels(options.labels) : found.labels;
  const named = labels ? { ...found, labels } : found;
  if (found.preprocessing) return named;
  const stem = basename(modelPath, extname(modelPath));
  return {
    ...named,
    notice:
      `${modelPath}: nothing says how pictures are prepared (no --preprocess, no ${stem}.json, no ${HF_PROCESSOR}): ` +
      'using the ImageNet convention (shorter edge × 256/224, centre crop, mean .485 .456 .406, std .229 .224 .225; grey: .456, .225).',
  };
}
