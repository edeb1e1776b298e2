/** Labels that a mistyped or shortened one may mean. */
import { editDistance } from '../names.js';

/** Suggestions at most. */
const COUNT = 5;

/** Longer texts are no label that was mistyped. */
const LONGEST = 64;

const wordsOf = (text: string): string[] => text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];

/** Letters that follow themselves, once: to type one twice is the commonest slip. */
const once = (text: string): string => text.replace(/(.)\1+/gu, '$1');

const apart = (a: string, b: string): number =>
  Math.min(editDistance(a, b), editDistance(once(a), once(b)) + 0.5);

/**
 * Labels that hold every word of `wanted`; where there are none, those that hold it as a part; where there
 * are none, those with a synonym or a word that is nearly it, nearest first.
 */
export function similarLabels(wanted: string, labels: readonly string[]): readonly string[] {
  const text = wanted.trim().toLowerCase();
  const words = wordsOf(text);
  if (words.length === 0 || text.length > LONGEST) return [];
  const holding = labels.filter((label) => {
    const own = wordsOf(label);
    return words.every((word) => own.includes(word));
  });
  if (holding.length > 0) return holding.slice(0, COUNT);
  const containing = labels.filter((label) => label.toLowerCase().includes(text));
  if (containing.length > 0) return containing.slice(0, COUNT);
  const most = Math.ceil(text.length / 3);
  return labels
    .map((label) => {
      const parts = [
        ...label
          .toLowerCase()
          .split(',')
          .map((part) => part.trim()),
        ...wordsOf(label),
      ];
      const near = parts.filter((part) => Math.abs(part.length - text.length) <= most);
      return { label, distance: Math.min(...near.map((part) => apart(text, part)), most + 1) };
    })
    .filter(({ distance }) => distance <= most)
    .sort((a, b) => a.distance - b.distance)
    .slice(0, COUNT)
    .map(({ label }) => label);
}
