/** `onnx-cam/node`: all of `onnx-cam`, and the functions that need a file system. */
import { tellNotices } from '../explain/notices.js';
import type {
  DefaultMethods,
  Explainer,
  ExplainerOptions,
  MapsOf,
  MethodChoice,
  ModelSource,
} from '../index.js';
import { openByName } from './open-by-name.js';

export * from '../index.js';
export { type ExplainCallOptions, explain, type SavableExplanation } from './explain.js';
export { decodeFile, decodePicture } from './inputs/decode.js';
export { type NpyImages, openNpyImages, readNpy, readNpyImage } from './inputs/npy.js';
export { loadModel } from './model/load-model.js';
export { findSettings } from './model/settings.js';
export { encodePicture, encodePng, type PictureFormat } from './outputs/encode.js';
export { NpyWriter } from './outputs/npy-writer.js';
export { posterPng } from './outputs/poster.js';
export type { SaveOptions } from './outputs/save.js';

/**
 * `createExplainer` of `onnx-cam`, with paths as well as URLs: a string names a model file or a folder with
 * one, and pictures may be paths too. External data beside the model are read. Preprocessing and labels come
 * from the options, else from files beside the model (`<model>.json`, Hugging Face's, timm's), else from the
 * model's metadata and graph, else from the ImageNet convention; `preprocessingSource` says which.
 * @throws {CamError} `model`, `layer`, `option`, `backend`.
 */
export async function createExplainer<
  const Methods extends readonly MethodChoice[] = DefaultMethods,
  const Unservable extends 'error' | 'skip' = 'error',
>(
  source: ModelSource,
  options?: ExplainerOptions<Methods, Unservable>,
): Promise<Explainer<MapsOf<Methods, Unservable>>> {
  const explainer = await openByName(source, options);
  tellNotices(explainer.notices, options?.onNotice);
  return explainer as Explainer<MapsOf<Methods, Unservable>>;
}
