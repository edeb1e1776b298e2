/**
 * What of the page stands in its address, behind the #: browsers send that part to nobody. Names of pictures
 * and models stand there, never what is in them.
 */
import { type ColorMapName, colorMapNames, methods } from '../../src/index.js';

export const sides = ['A', 'B', 'A-B'] as const;

/** What a link says; what is missing is as the page begins. */
export interface PageState {
  /** A sample, or the name of a file of one's own. */
  readonly picture?: string;
  /** The name of a model of one's own. */
  readonly model?: string;
  readonly classA?: number | 'predicted';
  readonly classB?: number | 'none';
  readonly side?: (typeof sides)[number];
  readonly methods?: readonly string[];
  /** The one on the stage. */
  readonly shown?: string;
  readonly layer?: string;
  readonly colormap?: ColorMapName;
  /** Percent. */
  readonly opacity?: number;
  /** Percent of the picture that is covered, the hottest first. */
  readonly cover?: number;
}

export interface ReadState {
  readonly state: PageState;
  /** What was not understood, as sentences. */
  readonly problems: readonly string[];
}

const LONGEST = 200;

type Field<T> = { readonly read: (text: string) => T | undefined; readonly expected: string };

const oneOf = <T extends string>(choices: readonly T[]): Field<T> => ({
  read: (text) => choices.find((choice) => choice === text),
  expected: choices.join(', '),
});
const name: Field<string> = {
  read: (text) => (text.length > 0 && text.length <= LONGEST ? text : undefined),
  expected: `a name of at most ${LONGEST} characters`,
};
const percent: Field<number> = {
  read: (text) => (/^\d{1,3}(\.\d+)?$/.test(text) && Number(text) <= 100 ? Number(text) : undefined),
  expected: 'a number from 0 to 100',
};
const classOr = <T extends string>(word: T): Field<number | T> => ({
  read: (text) => (text === word ? word : /^\d{1,6}$/.test(text) ? Number(text) : undefined),
  expected: `the number of a class or "${word}"`,
});
const method = oneOf(Object.keys(methods));
const severalMethods: Field<readonly string[]> = {
  read: (text) => {
    const names = [...new Set(text.split(','))];
    return names.every((one) => method.read(one)) ? names : undefined;
  },
  expected: 'names of methods with commas between them',
};

/** By the names that they have in an address. */
const fields = {
  picture: ['picture', name],
  model: ['model', name],
  class: ['classA', classOr('predicted')],
  against: ['classB', classOr('none')],
  side: ['side', oneOf(sides)],
  methods: ['methods', severalMethods],
  method: ['shown', method],
  layer: ['layer', name],
  colours: ['colormap', oneOf(colorMapNames)],
  opacity: ['opacity', percent],
  cover: ['cover', percent],
} as const satisfies Readonly<Record<string, readonly [keyof PageState, Field<unknown>]>>;

/** `#picture=bird-03&class=17&methods=mi-cam,grad-cam`; nothing for a state that says nothing. */
export function formatState(state: PageState): string {
  const parts = Object.entries(fields).flatMap(([key, [field]]) => {
    const value = state[field];
    return value === undefined ? [] : [`${key}=${escaped(String(value))}`];
  });
  return parts.length > 0 ? `#${parts.join('&')}` : '';
}

/** As in a query, but for what needs no escape behind the # and reads better without. */
const escaped = (text: string): string =>
  encodeURIComponent(text).replace(/%(2F|2C|3A|40)/g, (code) => decodeURIComponent(code));

/** What an address says. Nothing in it is believed: what is no value of the page is left out, and said. */
export function readState(hash: string): ReadState {
  const problems: string[] = [];
  const read: Partial<Record<keyof PageState, unknown>> = {};
  for (const [key, text] of new URLSearchParams(hash.replace(/^#/, '').replaceAll('+', '%2B'))) {
    const found = Object.entries(fields).find(([known]) => known === key);
    if (!found) {
      problems.push(`"${cut(key)}" is nothing that the page knows.`);
      continue;
    }
    const [, [field, { read: parse, expected }]] = found;
    const value = parse(text);
    if (value === undefined) problems.push(`${key}: expected ${expected}, got "${cut(text)}".`);
    else read[field] = value;
  }
  return { state: read as PageState, problems }; // each value was read by its own field
}

const cut = (text: string): string => (text.length > 40 ? `${text.slice(0, 39)}…` : text);

/** What of `state` differs from `start`: an address says no more than it has to. */
export function difference(state: PageState, start: PageState): PageState {
  const differs = Object.entries(state).filter(
    ([field, value]) => String(value) !== String(start[field as keyof PageState]), // a field of PageState
  );
  return Object.fromEntries(differs);
}
