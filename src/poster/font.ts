import { font } from '../generated/font.js';

export type Weight = keyof typeof font;

/** Outline units per em. */
const EM = 1000;

interface Glyph {
  readonly advance: number;
  /** Relative SVG path, y downwards from the baseline. */
  readonly path: string;
}

type Face = ReadonlyMap<string, Glyph>;

/** Drawn in place of a character that the font lacks. */
export const BOX = '□';
const box: Glyph = { advance: 720, path: 'm70 0v-720h580v720zm60-60h460v-600h-460z' };

function parse(lines: string): Face {
  const face = new Map<string, Glyph>([[BOX, box]]);
  for (const line of lines.split('\n')) {
    const char = String.fromCodePoint(line.codePointAt(0) ?? 0);
    const [advance] = /^\d+/.exec(line.slice(char.length)) ?? [''];
    face.set(char, { advance: Number(advance), path: line.slice(char.length + advance.length) });
  }
  return face;
}

const faces = new Map<Weight, Face>();

function faceOf(weight: Weight): Face {
  const face = faces.get(weight) ?? parse(font[weight]);
  faces.set(weight, face);
  return face;
}

/** Whether the font has a character. */
export const hasGlyph = (char: string): boolean => faceOf('regular').has(char);

/** Calls `each` for every glyph with its position in outline units; returns the end of the last glyph. */
function place(text: string, weight: Weight, each: (glyph: Glyph, x: number) => void): number {
  const face = faceOf(weight);
  let x = 0;
  for (const char of text) {
    const glyph = face.get(char) ?? box;
    each(glyph, x);
    x += glyph.advance;
  }
  return x;
}

/** A line's width in pixels, set in `size` pixels. */
export const widthOf = (text: string, size: number, weight: Weight): number =>
  (place(text, weight, () => undefined) * size) / EM;

/** A line as the `d` of an SVG path in outline units, with its baseline at 0, and the scale to draw it at. */
export function outline(text: string, size: number, weight: Weight): { d: string; scale: number } {
  let d = '';
  place(text, weight, ({ path }, x) => {
    if (path !== '') d += `M${x} 0${path}`;
  });
  return { d, scale: size / EM };
}
