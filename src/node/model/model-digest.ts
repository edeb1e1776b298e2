import { createHash } from 'node:crypto';
import { externalLocations } from './external-locations.js';
import { loadModel } from './load-model.js';

/**
 * A short name for what a model is: the content of its file and of the files that its external tensors lie
 * in.
 * @throws {CamError} `model` as `loadModel` does; a file that is no model has a name too.
 */
export async function digestModel(path: string): Promise<string> {
  const { bytes, externalData } = await loadModel(path, (model) => {
    try {
      return externalLocations(model, path);
    } catch {
      return []; // told when it is opened
    }
  });
  const hash = createHash('sha256').update(bytes);
  for (const { path: location, data } of externalData)
    hash.update(JSON.stringify([location, data.length])).update(data);
  return hash.digest('hex').slice(0, 16);
}
