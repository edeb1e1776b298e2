import { extname } from 'node:path';
import { type Input, imageCount, imageStem, type PictureInput, type TensorInput } from '../inputs/input.js';

/** The name that a case-insensitive file system, or one that normalises accents, would treat as equal. */
export const folded = (name: string): string => name.normalize('NFC').toLowerCase();

type Explained = PictureInput | TensorInput;

function stemsOf(input: Explained): Set<string> {
  const stems = new Set([folded(input.stem)]);
  for (let i = 0; i < imageCount(input); i++) stems.add(folded(imageStem(input, i)));
  return stems;
}

/** An input whose stem was changed because another input had it. */
export interface Renamed {
  readonly path: string;
  readonly stem: string;
}

/**
 * Gives different stems to inputs whose results would have the same names. The first input in order keeps its
 * stem. A later one keeps its extension (`a.jpg` beside `a`), and gets a number where that is taken too
 * (`a.jpg-2`). An input with a unique stem is never renamed. The result depends only on the list of inputs:
 * every share of a run has the same names, on any file system.
 */
export function withDistinctStems(inputs: readonly Input[]): {
  readonly inputs: readonly Input[];
  readonly renamed: readonly Renamed[];
} {
  const taken = new Set<string>();
  const claim = (input: Explained): boolean => {
    const stems = stemsOf(input);
    for (const stem of stems) if (taken.has(stem)) return false;
    for (const stem of stems) taken.add(stem);
    return true;
  };
  const later = inputs.map((input) => input.kind !== 'failed' && !claim(input));
  const counts = new Map<string, number>();
  const renamed: Renamed[] = [];
  const distinct = inputs.map((input, at): Input => {
    if (!later[at] || input.kind === 'failed') return input;
    const longer = `${input.stem}${extname(input.path)}`;
    let moved: Explained;
    do {
      const count = (counts.get(folded(longer)) ?? 0) + 1;
      counts.set(folded(longer), count);
      moved = { ...input, stem: count === 1 ? longer : `${longer}-${count}` };
    } while (!claim(moved));
    renamed.push({ path: moved.path, stem: moved.stem });
    return moved;
  });
  return { inputs: distinct, renamed };
}

/** Renamed inputs that the notice names one by one. */
const NAMED = 3;

/** The notice about them, if there are any. */
export function renamedNotice(renamed: readonly Renamed[]): string[] {
  if (renamed.length === 0) return [];
  const named = renamed.slice(0, NAMED).map(({ path, stem }) => `${path} as ${stem}.*`);
  const more = renamed.length > NAMED ? ` and ${renamed.length - NAMED} more` : '';
  const who = renamed.length === 1 ? '1 input' : `${renamed.length} inputs`;
  return [
    `${who} would write files with the names of another's results; these get names of their own: ${named.join(', ')}${more}.`,
  ];
}
