// Turns the font of posters into outlines under src/generated/: text drawn with them looks the same on
// machines without fonts, and needs no font parser at run time. The font is Inter (SIL Open Font License 1.1,
// licenses/Inter-OFL.txt).
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import opentype from 'opentype.js';

const folder = dirname(createRequire(import.meta.url).resolve('@fontsource/inter/package.json'));
const target = join(dirname(fileURLToPath(import.meta.url)), '../src/generated/font.ts');

/** Outline units per em. */
const EM = 1000;
const weights = { regular: 400, bold: 600 };
const subsets = ['latin', 'latin-ext', 'vietnamese', 'greek', 'cyrillic'];

/**
 * The characters to keep: Latin with its extensions for European languages and Vietnamese, Greek, Cyrillic,
 * punctuation, symbols.
 */
const ranges = [
  [0x20, 0x7e],
  [0xa0, 0x17f],
  [0x192, 0x192],
  [0x1a0, 0x1b0],
  [0x218, 0x21b],
  [0x2c6, 0x2dc],
  [0x384, 0x3ce],
  [0x400, 0x45f],
  [0x490, 0x491],
  [0x1e80, 0x1ef9],
  [0x2010, 0x203a],
  [0x20a0, 0x20bf],
  [0x2116, 0x2122],
  [0x2190, 0x2193],
  [0x2202, 0x2265],
];

function parse(subset, weight) {
  const bytes = readFileSync(join(folder, `files/inter-${subset}-${weight}-normal.woff`));
  return opentype.parse(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
}

/** A glyph as an SVG path in relative whole units, y downwards. */
function pathOf({ path }, scale) {
  const numbers = (...values) =>
    values.map((value, i) => (i > 0 && value >= 0 ? ` ${value}` : value)).join('');
  let [x, y, startX, startY] = [0, 0, 0, 0];
  let text = '';
  for (const command of path.commands) {
    if (command.type === 'Z') {
      text += 'z';
      [x, y] = [startX, startY];
      continue;
    }
    const at = (suffix) => [
      Math.round(command[`x${suffix}`] * scale) - x,
      -Math.round(command[`y${suffix}`] * scale) - y,
    ];
    const [dx, dy] = at('');
    if (command.type === 'M') text += `m${numbers(dx, dy)}`;
    else if (command.type === 'Q') text += `q${numbers(...at(1), dx, dy)}`;
    else if (command.type === 'C') text += `c${numbers(...at(1), ...at(2), dx, dy)}`;
    else if (dy === 0) text += dx === 0 ? '' : `h${dx}`;
    else text += dx === 0 ? `v${dy}` : `l${numbers(dx, dy)}`;
    [x, y] = [x + dx, y + dy];
    if (command.type === 'M') [startX, startY] = [x, y];
  }
  return text;
}

/**
 * One line per character: the character, its advance, its path. Kerning is left out: the parser supports
 * little of the font's kerning.
 */
function linesOf(weight) {
  const glyphs = new Map();
  for (const subset of subsets) {
    const font = parse(subset, weight);
    const scale = EM / font.unitsPerEm;
    for (const [first, last] of ranges) {
      for (let code = first; code <= last; code++) {
        const char = String.fromCodePoint(code);
        if (glyphs.has(char) || font.charToGlyphIndex(char) === 0) continue;
        const glyph = font.charToGlyph(char);
        glyphs.set(char, `${char}${Math.round(glyph.advanceWidth * scale)}${pathOf(glyph, scale)}`);
      }
    }
  }
  return [...glyphs.values()].join('\n');
}

const [copyright] = /^Copyright [^)]*\)/.exec(readFileSync(join(folder, 'LICENSE'), 'utf8'));
const made = Object.entries(weights).map(([name, weight]) => [name, linesOf(weight)]);
mkdirSync(dirname(target), { recursive: true });
writeFileSync(
  target,
  `/*! Outlines of the font Inter. ${copyright}. SIL Open Font License 1.1: licenses/Inter-OFL.txt */
// Made by scripts/font.mjs: a line for each character, of itself, its advance and its path; ${EM} units are
// an em.
export const font = ${JSON.stringify(Object.fromEntries(made))};
`,
);
