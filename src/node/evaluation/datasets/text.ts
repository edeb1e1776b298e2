import { stat } from 'node:fs/promises';
import { CamError } from '../../../errors.js';
import { reason } from '../../files/files.js';
import { readRegularText } from '../../files/regular-file.js';

/** A file of annotations as text. Throws `CamError` `input`. */
export async function readText(path: string): Promise<string> {
  try {
    return await readRegularText(path);
  } catch (error) {
    throw new CamError('input', `--data: "${path}" could not be read: ${reason(error)}.`, { cause: error });
  }
}

/** A file of annotations as parsed JSON. Throws `CamError` `input`. */
export async function readJson(path: string): Promise<unknown> {
  const text = await readText(path);
  try {
    return JSON.parse(text);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new CamError('input', `--data: ${path}: expected JSON: ${why}.`, { cause: error });
  }
}

export const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export const isFolder = async (path: string): Promise<boolean> =>
  (await stat(path).catch(() => undefined))?.isDirectory() === true;

export const isFile = async (path: string): Promise<boolean> =>
  (await stat(path).catch(() => undefined))?.isFile() === true;

/** A list of lists of numbers. Other values in the file become empty lists. */
export const numberLists = (value: unknown): number[][] =>
  Array.isArray(value) ? value.map((one) => (Array.isArray(one) ? one.map(Number) : [])) : [];
