/** `onnx-cam/node`: all of `onnx-cam`, and what needs a file system. */
import { createExplainer as createFromBytes, type Explainer, type ExplainerOptions } from '../explainer.js';
import { externalLocations } from './external-locations.js';
import { loadModel } from './load-model.js';
import { findSettings } from './settings.js';

export * from '../index.js';
export { decodeFile, decodePicture } from './decode.js';
export { encodePicture, encodePng, type PictureFormat } from './encode.js';
export { loadModel } from './load-model.js';
export { type NpyImages, openNpyImages, readNpy, readNpyImage } from './npy.js';
export { NpyWriter } from './npy-writer.js';
export { posterPng } from './poster.js';
export { findSettings } from './settings.js';

/**
 * `createExplainer` of `onnx-cam`, for which a string is a path. External data beside the file are read; preprocessing
 * and labels come from the options, else from the files beside the model (`<model>.json`, or Hugging Face's), else the
 * ImageNet convention holds.
 * @throws {CamError} `model`, `layer`, `option`, `backend`.
 */
export async function createExplainer(
  source: Parameters<typeof createFromBytes>[0],
  options: ExplainerOptions = {},
): Promise<Explainer> {
  if (typeof source !== 'string') return createFromBytes(source, options);
  const { preprocessing, labels } = await findSettings(source);
  const model = await loadModel(source, (bytes) => externalLocations(bytes, source));
  return createFromBytes(model, { preprocessing, labels, ...defined(options) });
}

/** Without the options that are undefined, which would hide what was found beside the model. */
const defined = (options: ExplainerOptions): ExplainerOptions =>
  Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
