import { CamError } from '../errors.js';
import { described } from '../names.js';
import type { ModelFile, ModelSource } from './options.js';

/** @throws {CamError} `model` for a URL that cannot be fetched, and for what is no model. */
export async function modelFile(source: ModelSource): Promise<ModelFile> {
  if (source instanceof Uint8Array) return { bytes: source };
  if (source instanceof ArrayBuffer) return { bytes: new Uint8Array(source) };
  if (typeof source !== 'string' && !(source instanceof URL)) {
    if (source?.bytes instanceof Uint8Array) return source;
    throw new CamError(
      'model',
      `model: expected bytes, { bytes: Uint8Array } or a URL (in Node a path), got ${described(source)}.`,
    );
  }
  const response = await fetch(source).catch((cause: unknown) => {
    throw new CamError('model', `model: ${source} cannot be fetched (${String(cause)}).`, { cause });
  });
  if (!response.ok)
    throw new CamError('model', `model: ${source} cannot be fetched (status ${response.status}).`);
  return { bytes: new Uint8Array(await response.arrayBuffer()), name: String(source) };
}
