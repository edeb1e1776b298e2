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
 * A digest of a model: of its file's content and of its external data.
 * @throws {CamError} `model` as `loadModel` does. A file that is not a model has a digest too.
 */
export async function digestModel(path: string): Promise<string> {
  return digestOf(
    await loadModel(path, (model) => {
      try {
        return externalLocations(model, path);
      } catch {
        return []; // reported when the model is opened
      }
    }),
  );
}

/**
 * A model that was read for its digest. The same bytes are opened later: the file is read once, and cannot
 * change in between.
 */
export class ReadModel {
  private constructor(
    readonly digest: string,
    private file: LoadedModel | undefined,
  ) {}

  /** Errors in the files are reported when the model is opened. */
  static async at(path: string): Promise<ReadModel> {
    try {
      const file = await loadWithData(path);
      return new ReadModel(digestOf(file), file);
    } catch {
      return new ReadModel(await digestModel(path).catch(() => digest(path)), undefined);
    }
  }

  /**
   * Gives the files once and then drops them, so that they do not occupy memory while pictures are explained.
   */
  take(): LoadedModel | undefined {
    const { file } = this;
    this.file = undefined;
    return file;
  }
}
