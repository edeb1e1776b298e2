import { realpath, stat } from 'node:fs/promises';
import { dirname, isAbsolute, join, normalize, relative, sep } from 'node:path';
import { CamError } from '../../errors.js';
import { reason } from '../files/files.js';
import { readRegular } from '../files/regular-file.js';

/** A model in memory, with its external data. */
export interface LoadedModel {
  readonly bytes: Uint8Array;
  /** The path, for messages. */
  readonly name: string;
  /** By the location that the model states. */
  readonly externalData: readonly { readonly path: string; readonly data: Uint8Array }[];
}

/** Limit of protobuf messages and of Node's `readFile`. */
const LIMIT = 2 ** 31;

async function read(path: string, what: string, advice: string): Promise<Uint8Array> {
  try {
    const { size } = await stat(path);
    if (size >= LIMIT) {
      throw new CamError(
        'model',
        `${path}: expected ${what} of less than 2 GiB, got ${(size / 2 ** 30).toFixed(1)} GiB. ${advice}`,
      );
    }
    return await readRegular(path);
  } catch (error) {
    if (error instanceof CamError) throw error;
    if (/^https?:\/\//i.test(path))
      throw new CamError('model', `${path}: expected a file, got a URL. Download the model first.`, {
        cause: error,
      });
    throw new CamError('model', `${path}: could not be read: ${reason(error)}.`, {
      cause: error,
    });
  }
}

/**
 * The path of an external file, with all links resolved. It must lie in the model's folder, or in the folder
 * of the file that the model's path links to (Hugging Face's cache links the model and its data into one
 * folder).
 */
async function externalPath(model: string, location: string): Promise<string> {
  const outside = new CamError(
    'model',
    `${model}: expected external data inside the model's folder, got "${location}", which leads out of it. Move the data there, or do not trust this model.`,
  );
  const path = normalize(location);
  if (isAbsolute(location) || leadsOut(path)) throw outside;
  const named = join(dirname(model), path);
  try {
    const file = await realpath(named);
    const folders = [await realpath(dirname(model)), dirname(await realpath(model))];
    if (folders.every((folder) => leadsOut(relative(folder, file)))) throw outside;
    return file;
  } catch (error) {
    // A path that cannot be resolved is reported like a file that cannot be read.
    if (error === outside) throw error;
    return named;
  }
}

const leadsOut = (path: string): boolean => path === '..' || path.startsWith(`..${sep}`) || isAbsolute(path);

/**
 * Reads a model file and its external data.
 * @param locations  Reads the external locations from the model's bytes.
 * @throws {CamError} `model`: a file that cannot be read, is 2 GiB or more, or lies outside the model's
 *   folder; and what `locations` throws.
 */
export async function loadModel(
  path: string,
  locations: (bytes: Uint8Array) => Iterable<string>,
): Promise<LoadedModel> {
  const bytes = await read(
    path,
    'a model',
    'Keep its weights as external data (onnx.save with save_as_external_data).',
  );
  const externalData: { path: string; data: Uint8Array }[] = [];
  for (const location of new Set(locations(bytes))) {
    const file = await externalPath(path, location);
    const data = await read(file, 'external data', 'Split it into several files.').catch((error: unknown) => {
      throw error instanceof CamError
        ? new CamError('model', `${path}: its external data: ${error.message} Keep it beside the model.`, {
            cause: error,
          })
        : error;
    });
    externalData.push({ path: location, data });
  }
  return { bytes, name: path, externalData };
}
