/** `onnx-cam/node`: all of `onnx-cam`, and what needs a file system. */
import { createExplainer as createFromBytes, type Explainer, type ExplainerOptions } from '../explainer.js';
import { externalLocations } from './external-locations.js';
import { loadModel } from './load-model.js';
import { findSettings } from './settings.js';

export * from '../index.js';
export { decodeFile, decodePicture, encodePng } from './decode.js';
export { loadModel } from './load-model.js';
export { type NpyImages, NpyWriter, openNpyImages, readNpy, readNpyImage } from './npy.js';
export { findSettings } from './settings.js';

/**
 * Opens a model file to explain it. External data beside the model are read; preprocessing and labels come from the options, else from
 * the files beside the model (`<model>.json`, or Hugging Face's), else the ImageNet convention holds.
 * @throws {CamError} `model`, `layer`, `option`, `backend`.
 */
export async function createExplainer(path: string, options: ExplainerOptions = {}): Promise<Explainer> {
  const { preprocessing, labels } = await findSettings(path);
  const model = await loadModel(path, (bytes) => externalLocations(bytes, path));
  return createFromBytes(model, { preprocessing, labels, ...defined(options) });
}

/** Without the options that are undefined, which would hide what was found beside the model. */
const defined = (options: ExplainerOptions): ExplainerOptions =>
  Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
