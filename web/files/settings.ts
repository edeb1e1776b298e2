/** Files that say how pictures are prepared for a model, and what its classes are called. */
import { type ModelSettings, parseConfig, parseLabels, parseModelSettings } from '../../src/index.js';

const CONFIG = 'config.json';

/**
 * @param model  The name of the model that they come with.
 * @throws {Error} where one cannot be understood.
 */
export async function readSettings(files: readonly File[], model: string): Promise<ModelSettings> {
  let settings: ModelSettings = {};
  const jsons = new Map<string, unknown>();
  for (const file of files) {
    if (file.name.toLowerCase().endsWith('.txt'))
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
  const fields = [
    'size',
    'mean',
    'image_mean',
    'image_processor_type',
    'feature_extractor_type',
    'pretrained_cfg',
  ];
  return typeof json === 'object' && json !== null && fields.some((field) => field in json);
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
