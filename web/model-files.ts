/** What dropped or chosen files are: a picture, or a model with what belongs to it. */
import {
  type ModelFile,
  type ModelSettings,
  parseConfig,
  parseLabels,
  parseModelSettings,
} from '../src/index.js';

export interface SortedFiles {
  readonly picture?: File;
  readonly model?: ModelFile;
  readonly settings: ModelSettings;
}

const endsIn = (file: File, ...endings: readonly string[]): boolean =>
  endings.some((ending) => file.name.toLowerCase().endsWith(ending));

const bytesOf = async (file: File): Promise<Uint8Array> => new Uint8Array(await file.arrayBuffer());

/**
 * Sorts files by their endings: `.onnx` is the model, `.json` and `.txt` are settings and labels, pictures
 * say so by their type; beside a model anything else is external data of it.
 * @throws {Error} where a file cannot be understood.
 */
export async function sortFiles(files: readonly File[]): Promise<SortedFiles> {
  const onnx = files.find((file) => endsIn(file, '.onnx'));
  const notes = files.filter((file) => endsIn(file, '.json', '.txt'));
  const picture = files.find((file) => file.type.startsWith('image/'));
  const others = files.filter((file) => file !== onnx && file !== picture && !notes.includes(file));
  if (!onnx && others.length > 0)
    throw new Error(`${others[0].name}: expected a picture, an .onnx model, labels or preprocessing.`);
  const model = onnx && {
    bytes: await bytesOf(onnx),
    name: onnx.name,
    externalData: await Promise.all(
      others.map(async (file) => ({ path: file.name, data: await bytesOf(file) })),
    ),
  };
  return { picture, model, settings: await readSettings(notes, onnx?.name ?? '') };
}

const CONFIG = 'config.json';

async function readSettings(files: readonly File[], model: string): Promise<ModelSettings> {
  let settings: ModelSettings = {};
  const jsons = new Map<string, unknown>();
  for (const file of files) {
    if (endsIn(file, '.txt'))
      settings = { ...settings, labels: lines(await file.text(), file.name), labelsSource: file.name };
    else jsons.set(file.name, parseJson(file.name, await file.text()));
  }
  const config = jsons.get(CONFIG);
  for (const [name, json] of jsons) {
    // Hugging Face's or timm's: what a processor's file says of pictures goes before it.
    const configured = name === CONFIG ? parseConfig(name, json) : {};
    if (configured.labels || configured.preprocessing) settings = { ...configured, ...settings };
    else if (isPreprocessing(json))
      settings = { ...settings, ...parseModelSettings(name, json, model, config) };
    else settings = { ...settings, labels: parseLabels(name, labelsOf(json)), labelsSource: name };
  }
  return settings;
}

function parseJson(name: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new Error(`${name}: expected JSON (${String(cause)}).`, { cause });
  }
}

/** A list of models, ours, or Hugging Face's; all else are labels. */
function isPreprocessing(json: unknown): boolean {
  if (Array.isArray(json)) return json.some((entry) => typeof entry === 'object');
  const told = [
    'size',
    'mean',
    'image_mean',
    'image_processor_type',
    'feature_extractor_type',
    'pretrained_cfg',
  ];
  return typeof json === 'object' && json !== null && told.some((field) => field in json);
}

function labelsOf(json: unknown): unknown {
  if (typeof json !== 'object' || json === null) return json;
  if ('id2label' in json) return json.id2label;
  return 'labels' in json ? json.labels : json;
}

function lines(text: string, name: string): readonly string[] {
  const labels = text.split(/\r?\n/).map((line) => line.trim());
  while (labels.at(-1) === '') labels.pop();
  return parseLabels(name, labels);
}
