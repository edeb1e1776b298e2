import { externalLocations as locationsOf, parseModel } from '../../onnx/index.js';

/**
 * The files, beside the model, that hold its external values. Throws `CamError` `model` as `parseModel` does.
 */
export function externalLocations(bytes: Uint8Array, name: string): string[] {
  return [...locationsOf(parseModel(bytes, name))];
}
