/** Checks of values in files and metadata from outside. */
import { CamError } from '../errors.js';
import { shown } from './preprocessing.js';

export type Json = Readonly<Record<string, unknown>>;

export const isObject = (x: unknown): x is Json => typeof x === 'object' && x !== null && !Array.isArray(x);

export function refuse(where: string, expected: string, got: unknown): never {
  throw new CamError('option', `${where}: expected ${expected}, got ${shown(got)}.`);
}

const isText = (x: unknown): x is string => typeof x === 'string';

/**
 * Labels in class order, from an array, or from a map `{ "0": "tench", … }` that names every class from 0 on.
 * @throws {CamError} `option` where a class has no name.
 */
export function parseLabels(where: string, value: unknown): readonly string[] {
  if (Array.isArray(value)) {
    if (value.length === 0 || !value.every(isText)) refuse(where, 'an array of names, one per class', value);
    return value;
  }
  if (!isObject(value)) refuse(where, 'an array of names, or a map from class to name', value);
  const count = Object.keys(value).length;
  const label = (index: number): unknown => (Object.hasOwn(value, index) ? value[index] : undefined);
  if (count === 0) refuse(where, 'a name for each of the classes', value);
  return Array.from({ length: count }, (_, index) => {
    const name = label(index);
    if (!isText(name)) refuse(where, `a name for each of the classes 0 to ${count - 1}`, value);
    return name;
  });
}
