import { externalLocations as locationsOf } from '../../onnx/external.js';
import { parseModel } from '../../onnx/read.js';
import { type LoadedModel, loadModel } from './load-model.js';

/** The files beside the model that hold its external data. Throws `CamError` `model` as `parseModel` does. */
export function externalLocations(bytes: Uint8Array, name: string): string[] {
  return [...locationsOf(parseModel(bytes, name))];
}

/** Reads a model and all of its external data. Throws `CamError` `model`. */
export const loadWithData = (path: string): Promise<LoadedModel> =>
  loadModel(path, (bytes) => externalLocations(bytes, path));
