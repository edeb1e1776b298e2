import type { Model } from '../onnx/model.js';
import { parseModel } from '../onnx/read.js';
import type { ModelFile } from './options.js';

const parsed = new WeakMap<ModelFile, Model>();

/**
 * The model in a file. Each file object is parsed once: opened again, or baked, it gives the same model, with
 * everything already found about it.
 * @throws {CamError} `model`
 */
export function parsedModel(file: ModelFile): Model {
  const { bytes, name, externalData = [] } = file;
  const model =
    parsed.get(file) ?? parseModel(bytes, name, new Map(externalData.map(({ path, data }) => [path, data])));
  parsed.set(file, model);
  return model;
}
