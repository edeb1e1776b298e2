/** Mistyped names: what the user may have meant, and options that do not exist. */
import { CamError } from './errors.js';

/** Characters of a name that are compared; the time of a comparison grows with their square. */
const COMPARED = 128;
/** Names of a large graph that are compared: the last ones. */
const CANDIDATES = 4096;

/**
 * The known names nearest to `name`: those that contain it first (the last of them leading, since deep layers
 * are what people look for), then by edit distance.
 */
export function nearestNames(name: string, known: readonly string[], count = 3): string[] {
  const wanted = name.slice(0, COMPARED).toLowerCase();
  const contains = (candidate: string) => wanted !== '' && candidate.toLowerCase().includes(wanted);
  const containing = known.filter(contains).reverse();
  if (containing.length >= count) return containing.slice(0, count);
  const others = known
    .filter((candidate) => !contains(candidate))
    .slice(-CANDIDATES)
    .map((candidate) => ({
      candidate,
      distance: editDistance(wanted, candidate.slice(0, COMPARED).toLowerCase()),
    }))
    .sort((a, b) => a.distance - b.distance)
    .map(({ candidate }) => candidate);
  return [...containing, ...others].slice(0, count);
}

/** Levenshtein's distance: insertions, deletions and replacements that turn `a` into `b`. */
export function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}

/** ` Did you mean "…"?` with the known name nearest to a mistyped one; empty where none is near. */
export function didYouMean(name: string, known: readonly string[]): string {
  const [nearest] = nearestNames(name, known, 1);
  if (nearest === undefined) return '';
  const [typed, meant] = [name.toLowerCase(), nearest.toLowerCase()];
  const near =
    meant.includes(typed) || editDistance(typed.slice(0, 128), meant) <= Math.ceil(meant.length / 3);
  return near && typed !== '' ? ` Did you mean "${nearest}"?` : '';
}

/** The kind of an option's value, or all of its values; `any` where the reader of the option checks it. */
export type Kind = keyof typeof WORDS | readonly string[];

/** The kind of every option. An option that is missing here does not compile. */
export type OptionKinds<Options> = { readonly [Name in keyof Required<Options>]: Kind };

const WORDS = {
  any: 'a value',
  boolean: 'true or false',
  number: 'a number',
  string: 'a string',
  function: 'a function',
  object: 'an object',
  array: 'an array',
} as const;

const isOfKind = (value: unknown, kind: Kind): boolean => {
  if (typeof kind !== 'string') return kind.some((one) => one === value);
  if (kind === 'any') return true;
  if (kind === 'array') return Array.isArray(value);
  if (kind === 'object') return typeof value === 'object' && value !== null && !Array.isArray(value);
  return typeof value === kind;
};

/** A value in words, for an error: `"text"`, `5`, `null`, `an array`, `a Promise`. */
export function described(value: unknown): string {
  if (typeof value === 'string') return `"${value.slice(0, 80)}"`;
  if (typeof value === 'function') return `a function${value.name ? ` (${value.name})` : ''}`;
  if (typeof value !== 'object' || value === null) return String(value);
  if (Array.isArray(value)) return `an array of ${value.length}`;
  const name = Object.getPrototypeOf(value)?.constructor?.name;
  if (name === 'Promise') return 'a Promise (await it)';
  return name && name !== 'Object'
    ? `an object (${name})`
    : `an object { ${Object.keys(value).slice(0, 8).join(', ')} }`;
}

/**
 * Refuses unknown options, which would otherwise be ignored silently, and values of the wrong kind. An
 * `undefined` option counts as missing.
 * @param where  The function that takes the options, for the error.
 * @param known  All options, with the kind of each value.
 * @throws {CamError} `option`
 */
export function expectOptions(where: string, options: unknown, known: Readonly<Record<string, Kind>>): void {
  if (!isOfKind(options, 'object'))
    throw new CamError('option', `${where}: expected options as an object, got ${described(options)}.`);
  for (const [name, value] of Object.entries(options as object)) {
    if (value === undefined) continue;
    if (!Object.hasOwn(known, name)) {
      const names = Object.keys(known);
      const expected = names.length > 0 ? `the options ${names.join(', ')}` : 'no options';
      throw new CamError(
        'option',
        `${where}: expected ${expected}, got "${name}".${didYouMean(name, names)}`,
      );
    }
    const kind = known[name];
    if (isOfKind(value, kind)) continue;
    const [expected, hint] =
      typeof kind === 'string'
        ? [WORDS[kind], '']
        : [`one of ${kind.join(', ')}`, didYouMean(String(value), kind)];
    throw new CamError('option', `${where}: ${name}: expected ${expected}, got ${described(value)}.${hint}`);
  }
}
