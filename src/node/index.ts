/** `onnx-cam/node`: all of `onnx-cam`, and what needs a file system. */
import { createExplainer as createFromBytes, type Explainer, type ExplainerOptions } from '../explainer.js';
import type { ModelSettings } from '../image/index.js';
import { externalLocations } from './external-locations.js';
import { loadModel } from './load-model.js';
import { modelPath } from './model-path.js';
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
 * `createExplainer` of `onnx-cam`, for which a string is a path: a model, or a folder that holds one. External data beside the file are
 * read; preprocessing and labels come from the options, else from the files beside the model (`<model>.json`, Hugging Face's, timm's), else
 * from the model itself (its metadata, its graph), else the ImageNet convention holds: `preprocessingSource` says which.
 * @throws {CamError} `model`, `layer`, `option`, `backend`.
 */
export async function createExplainer(
  source: Parameters<typeof createFromBytes>[0],
  options: ExplainerOptions = {},
): Promise<Explainer> {
  if (typeof source !== 'string') return createFromBytes(source, options);
  const path = await modelPath(source);
  const found = await findSettings(path);
  const model = await loadModel(path, (bytes) => externalLocations(bytes, path));
  return createFromBytes(model, { ...besides(found, options), ...defined(options) });
}

/** What was found, without the name of a file for what an option says. */
const besides = (found: ModelSettings, { preprocessing, labels }: ExplainerOptions): ExplainerOptions => ({
  ...(preprocessing
    ? {}
    : { preprocessing: found.preprocessing, preprocessingSource: found.preprocessingSource }),
  ...(labels ? {} : { labels: found.labels, labelsSource: found.labelsSource }),
});

/** Without the options that are undefined, which would hide what was found beside the model. */
const defined = (options: ExplainerOptions): ExplainerOptions =>
  Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
