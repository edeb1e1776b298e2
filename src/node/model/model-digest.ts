import { createHash } from 'node:crypto';
import { digest } from '../files/digest.js';
import { externalLocations, loadWithData } from './external-locations.js';
import { type LoadedModel, loadModel } from './load-model.js';

function digestOf({ bytes, externalData }: LoadedModel): string {
  const hash = createHash('sha256').update(bytes);
  for (const { path: location, data } of externalData)
    hash.update(JSON.stringify([location, data.length])).update(data);
  return hash.digest('hex').slice(0, 16);
}

/**
 * A short name for what a model is: the content of its file and of the files that its external tensors lie
 * in.
 * @throws {CamError} `model` as `loadModel` does; a file that is no model has a name too.
 */
export async function digestModel(path: string): Promise<string> {
  return digestOf(
    await loadModel(path, (model) => {
      try {
        return externalLocations(model, path);
      } catch {
        return []; // told when it is opened
      }
    }),
  );
}

/**
 * A model that was read for its digest. The same bytes open it: a file is read once, and cannot change
 * between.
 */
export class ReadModel {
  private constructor(
    readonly digest: string,
    private file: LoadedModel | undefined,
  ) {}

  /** What is wrong with the files is told when the model is opened. */
  static async at(path: string): Promise<ReadModel> {
    try {
      const file = await loadWithData(path);
      return new ReadModel(digestOf(file), file);
    } catch {
      return new ReadModel(await digestModel(path).catch(() => digest(path)), undefined);
    }
  }

  /** The files, once: kept no longer, they do not fill memory while pictures are explained. */
  take(): LoadedModel | undefined {
    const { file } = this;
    this.file = undefined;
    return file;
  }
}
