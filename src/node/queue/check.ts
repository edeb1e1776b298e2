import { isAbsolute } from 'node:path';
import { CamError } from '../../errors.js';
import { shown } from '../../image/index.js';

/** Reads a value that comes from outside. Throws `CamError` `option`, naming the field. */
export type Check<T> = (value: unknown, where: string) => T;

export function refuse(where: string, expected: string, got: unknown): never {
  throw new CamError('option', `queue: ${where}: expected ${expected}, got ${shown(got)}.`);
}

export const flag: Check<boolean> = (value, where) =>
  typeof value === 'boolean' ? value : refuse(where, 'true or false', value);

export const whole =
  (min: number, max = Number.MAX_SAFE_INTEGER): Check<number> =>
  (value, where) =>
    typeof value === 'number' && Number.isSafeInteger(value) && value >= min && value <= max
      ? value
      : refuse(where, `a whole number from ${min} to ${max}`, value);

export const oneOf =
  <T extends string | number>(choices: readonly T[]): Check<T> =>
  (value, where) =>
    choices.find((choice) => choice === value) ?? refuse(where, `one of ${choices.join(', ')}`, value);

/** @param expected  In words, for the error. */
export const text =
  (expected: string, fits: (value: string) => boolean = (value) => value !== ''): Check<string> =>
  (value, where) =>
    typeof value === 'string' && fits(value) ? value : refuse(where, expected, value);

export const anyText = text('a text', () => true);

/** A digest as `digest` writes it. */
export const digested = text('16 hexadecimal digits', (value) => /^[0-9a-f]{16}$/.test(value));

export const fullPath = text('a full path', (value) => isAbsolute(value) && !value.includes('\0'));

export const optional =
  <T>(check: Check<T>): Check<T | undefined> =>
  (value, where) =>
    value === undefined ? undefined : check(value, where);

export const list =
  <T>(check: Check<T>): Check<readonly T[]> =>
  (value, where) =>
    Array.isArray(value)
      ? value.map((one: unknown, at) => check(one, `${where}[${at}]`))
      : refuse(where, 'a list', value);

/** One check for each field of the type. A field that is added to the type alone does not compile. */
export type Fields<T> = { readonly [K in keyof T]-?: Check<T[K]> };

/** An object with exactly these fields. */
export function object<T>(fields: Fields<T>): Check<T> {
  const checks: readonly [string, Check<unknown>][] = Object.entries(fields);
  const names = new Set(checks.map(([name]) => name));
  return (value, where) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      refuse(where, 'an object', value);
    const unknown = Object.keys(value).find((name) => !names.has(name));
    if (unknown !== undefined) refuse(where, `no field but ${[...names].join(', ')}`, unknown);
    const given = new Map<string, unknown>(Object.entries(value));
    const read = checks.map(([name, check]) => [name, check(given.get(name), `${where}.${name}`)]);
    return Object.fromEntries(read);
  };
}
