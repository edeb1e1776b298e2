import { BOX, hasGlyph, type Weight, widthOf } from './font.js';

const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });

/** Symbols that the font lacks, and how to write them with characters that it has. */
const signs: Readonly<Record<string, string>> = { '≤': '<=', '≥': '>=', '≠': '!=', '→': '->', '←': '<-' };

/** A character as the font can show it: as it is, without the marks that the font lacks, or as a box. */
function shownAs(grapheme: string): string {
  if (signs[grapheme]) return signs[grapheme];
  if ([...grapheme].every(hasGlyph)) return grapheme;
  const bare = grapheme.normalize('NFD').replace(/[\p{M}\p{Cf}]/gu, '');
  return bare !== '' && [...bare].every(hasGlyph) ? bare : BOX;
}

/**
 * A text as one line that the font can show. Control characters become spaces; missing characters become
 * boxes.
 */
export function printable(text: string): string {
  const line = text.normalize('NFC').replace(/[\p{Cc}\p{Z}]+/gu, ' ');
  return Array.from(graphemes.segment(line), ({ segment }) =>
    /^\p{Cf}+$/u.test(segment) ? '' : shownAs(segment),
  )
    .join('')
    .trim();
}

/** Whether boxes stand for all letters and digits of a printable text. */
export const isIllegible = (shown: string): boolean => shown.includes(BOX) && !/[\p{L}\p{N}]/u.test(shown);

const ELLIPSIS = '…';

/**
 * The largest number up to `count` that fits, by binary search. If a number fits, so must all smaller ones.
 */
function most(count: number, fits: (kept: number) => boolean): number {
  let [low, high] = [0, count];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (fits(middle)) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** A line cut to a width: at its end, or in its middle where both ends are informative. */
export function fitted(
  text: string,
  width: number,
  size: number,
  weight: Weight,
  cut: 'end' | 'middle' = 'end',
): string {
  if (widthOf(text, size, weight) <= width) return text;
  const chars = [...text];
  const made = (kept: number): string => {
    const tail = cut === 'end' ? 0 : Math.floor(kept / 2);
    const head = chars
      .slice(0, kept - tail)
      .join('')
      .trimEnd();
    return head + ELLIPSIS + chars.slice(chars.length - tail).join('');
  };
  return made(most(chars.length, (kept) => widthOf(made(kept), size, weight) <= width));
}

/**
 * A text in lines of at most `width`, broken at spaces; words that are too long break anywhere. The last of
 * `lines` is cut.
 */
export function wrapped(text: string, width: number, size: number, weight: Weight, lines: number): string[] {
  const fits = (line: string): boolean => widthOf(line, size, weight) <= width;
  const done: string[] = [];
  let rest = text;
  while (rest !== '' && done.length < lines - 1 && !fits(rest)) {
    const chars = [...rest];
    const kept = Math.max(
      1,
      most(chars.length, (count) => fits(chars.slice(0, count).join('').trimEnd())),
    );
    const head = chars.slice(0, kept).join('');
    const space = chars[kept] === ' ' ? head.length : head.lastIndexOf(' ');
    const end = space > 0 ? space : head.length;
    done.push(rest.slice(0, end).trimEnd());
    rest = rest.slice(end).trimStart();
  }
  return rest === '' ? done : [...done, fitted(rest, width, size, weight)];
}
