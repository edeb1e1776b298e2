import { extname } from 'node:path';
import { type Input, imageCount, imageStem, type PictureInput, type TensorInput } from '../inputs/input.js';

/** What file systems that do not tell capitals, or ways to write an accent, apart take for one name. */
export const folded = (name: string): string => name.normalize('NFC').toLowerCase();

type Explained = PictureInput | TensorInput;

function stemsOf(input: Explained): Set<string> {
  const stems = new Set([folded(input.stem)]);
  for (let i = 0; i < imageCount(input); i++) stems.add(folded(imageStem(input, i)));
  return stems;
}

/** An input whose results are called otherwise than those of its like. */
export interface Renamed {
  readonly path: string;
  readonly stem: string;
}

/**
 * Gives inputs whose results would have the same names stems that differ: the first in order keeps its own, a
 * later one takes its ending along (`a.jpg` beside `a`), then a number (`a.jpg-2`). No input that is alone
 * with its stem is called otherwise because of that. It follows from the list of inputs alone: every share of
 * a run, on whatever file system, has the same names.
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

/** Renamed inputs that are named one by one. */
const NAMED = 3;

/** What the user should know of them, if there are any. */
export function renamedNotice(renamed: readonly Renamed[]): string[] {
  if (renamed.length === 0) return [];
  const named = renamed.slice(0, NAMED).map(({ path, stem }) => `${path} as ${stem}.*`);
  const more = renamed.length > NAMED ? ` and ${renamed.length - NAMED} more` : '';
  const who = renamed.length === 1 ? '1 input' : `${renamed.length} inputs`;
  return [
    `${who} would write files with the names of another's results; these get names of their own: ${named.join(', ')}${more}.`,
  ];
}
