/** What dropped or chosen files are: pictures, models, and what belongs to a model. */
import type { ModelFile, ModelSettings } from '../../src/index.js';
import { readSettings } from './settings.js';

export interface SortedFiles {
  readonly pictures: readonly File[];
  /** Without their weights' files. */
  readonly models: readonly File[];
  readonly settings: ModelSettings;
  /** Files of weights, which belong to a model here, before or after. */
  readonly weights: readonly File[];
}

const endsIn = (file: File, ...endings: readonly string[]): boolean =>
  endings.some((ending) => file.name.toLowerCase().endsWith(ending));

const PICTURES = [
  '.png',
  '.jpg',
  '.jpeg',
  '.webp',
  '.avif',
  '.gif',
  '.bmp',
  '.svg',
  '.heic',
  '.heif',
  '.tif',
  '.tiff',
];
const WEIGHTS = ['.data', '.onnx_data', '.bin', '.weight', '.weights', '.pb'];
/** Tensors of large models lie in files of their own names, without an ending. */
const isWeights = (file: File): boolean => endsIn(file, ...WEIGHTS) || !file.name.includes('.');

/** What a person may take for a model, and what it needs to become one. */
const OTHERS: readonly (readonly [readonly string[], string])[] = [
  [
    ['.pt', '.pth', '.ckpt'],
    'this is a PyTorch file. Export the model to ONNX (torch.onnx.export), and drop that.',
  ],
  [
    ['.h5', '.keras', '.tflite'],
    'this is a TensorFlow file. Export the model to ONNX (tf2onnx), and drop that.',
  ],
  [['.safetensors'], 'these are weights without a model. Export the model to ONNX, and drop that.'],
  [['.zip', '.gz', '.tar', '.7z'], 'this is an archive. Unpack it, and drop what is in it.'],
  [['.pdf', '.mp4', '.mov', '.webm'], 'expected a picture. Save one as PNG or JPEG, and drop that.'],
];

/**
 * Sorts files by their endings and types.
 * @param waiting  Whether a model waits for files of its weights, of any name.
 * @throws {Error} where a file is nothing of this, or cannot be understood.
 */
export async function sortFiles(files: readonly File[], waiting = false): Promise<SortedFiles> {
  const pictures: File[] = [];
  const models: File[] = [];
  const notes: File[] = [];
  const weights: File[] = [];
  for (const file of files) {
    if (endsIn(file, '.onnx')) models.push(file);
    else if (file.type.startsWith('image/') || endsIn(file, ...PICTURES)) pictures.push(file);
    else if (endsIn(file, '.json', '.txt')) notes.push(file);
    else weights.push(file);
  }
  const strange = weights.find((file) => models.length === 0 && !waiting && !isWeights(file));
  if (strange) throw new Error(`${strange.name}: ${adviceFor(strange)}`);
  return { pictures, models, weights, settings: await readSettings(notes, models[0]?.name ?? '') };
}

function adviceFor(file: File): string {
  const found = OTHERS.find(([endings]) => endsIn(file, ...endings));
  return found?.[1] ?? 'expected a picture, an .onnx model, labels or preprocessing.';
}

const bytesOf = async (file: File): Promise<Uint8Array> => new Uint8Array(await file.arrayBuffer());

/** A model with the files of its weights, by their names. */
export async function readModel(file: File, weights: readonly File[]): Promise<ModelFile> {
  const externalData = await readWeights(weights);
  return { bytes: await bytesOf(file), name: file.name, externalData };
}

export const readWeights = (files: readonly File[]): Promise<NonNullable<ModelFile['externalData']>> =>
  Promise.all(files.map(async (file) => ({ path: file.name, data: await bytesOf(file) })));
