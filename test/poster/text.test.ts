import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { hasGlyph, outline, widthOf } from '../../src/poster/font.js';
import { fitted, isIllegible, printable, wrapped } from '../../src/poster/text.js';
import { drawn, explained, linesOf, poster, ramp } from './content.js';

test('the font has the letters of European languages and of Vietnamese, Greek and Cyrillic', () => {
  const ascii = String.fromCodePoint(...Array.from({ length: 95 }, (_, i) => 32 + i));
  for (const text of [
    ascii,
    'ÀÉÎÕÜßçñøåþđłšžőűțğİıĳ',
    'Tiếng Việt ừ ữ',
    'Ελληνικά ΆΏ',
    'Кошка ёїєґ',
    '×−–—…“”‘’«»€°%',
  ])
    expect([...text].filter((char) => !hasGlyph(char))).toEqual([]);
});

test('widths are those of Inter', () => {
  // Advances of Inter Regular: A 1413, i 496, space 576 of 2048 units.
  expect(widthOf('i', 2048, 'regular')).toBeCloseTo(496, -1);
  expect(widthOf(' ', 2048, 'regular')).toBeCloseTo(576, -1);
  expect(widthOf('A', 2048, 'regular')).toBeCloseTo(1413, -1);
  expect(widthOf('cat', 20, 'bold')).toBeGreaterThan(widthOf('cat', 20, 'regular'));
  expect(outline('i', 20, 'regular').d).toMatch(/^M0 0m/);
});

describe('printable', () => {
  test.for([
    ['tench, Tinca tinca', 'tench, Tinca tinca'],
    ['a\u0000b\u001b[31mc\r\nd\te\u2028f\u00a0g', 'a b [31mc d e f g'],
    ['\u202Eevil\u202C\u200B \uFEFFname', 'evil name'],
    ['e\u0301', 'é'],
    ['x\u0323\u0301', 'x'], // marks that no glyph has
    ['猫と犬', '□□□'],
    ['חתול', '□□□□'],
    ['a😀b👩‍👩‍👧c🇩🇪d', 'a□b□c□d'],
    ['\ud800', '□'],
    ['x ≤ 1 → y', 'x <= 1 -> y'],
    ['   ', ''],
  ] as const)('%j is %j', ([text, shown]) => {
    expect(printable(text)).toBe(shown);
  });

  test('any text becomes one line of characters that the font has', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const shown = printable(text);
        expect([...shown].filter((char) => char !== '□' && !hasGlyph(char))).toEqual([]);
        expect(shown).not.toMatch(/\p{C}/u);
      }),
    );
  });

  test('a text is illegible where all of its letters are boxes', () => {
    expect(['□□', '□-□!', '', 'a□', '3'].map(isIllegible)).toEqual([true, true, false, false, false]);
  });
});

describe('text that does not fit', () => {
  test('is cut at its end or in its middle, and is as long as fits', () => {
    const width = widthOf('abcdefgh…', 20, 'regular');
    expect(fitted('abcdefghijklmnop', width, 20, 'regular')).toBe('abcdefgh…');
    expect(fitted('abcdefgh', width, 20, 'regular')).toBe('abcdefgh');
    expect(fitted('features.denseblock.conv', 150, 20, 'regular', 'middle')).toMatch(/^feat.*….*conv$/);
    expect(fitted('abc', 1, 20, 'regular')).toBe('…');
  });

  test('is wrapped at spaces, long words anywhere, and the last line is cut', () => {
    const width = widthOf('one two th', 20, 'regular');
    expect(wrapped('one two three four', width, 20, 'regular', 3)).toEqual(['one two', 'three four']);
    expect(wrapped('one two three fourteen', width, 20, 'regular', 2)).toEqual(['one two', 'three fo…']);
    expect(wrapped('one two three fourteen', width, 20, 'regular', 1)).toEqual(['one two…']);
    expect(wrapped('mmmmmmmmmmmm', width, 20, 'regular', 3)).toEqual(['mmmmm', 'mmmmm', 'mm']);
    expect(wrapped('', 100, 20, 'regular', 2)).toEqual([]);
    fc.assert(
      fc.property(
        fc.string({ maxLength: 200 }),
        fc.integer({ min: 30, max: 400 }),
        fc.integer({ min: 1, max: 4 }),
        (raw, width, most) => {
          const lines = wrapped(printable(raw), width, 20, 'regular', most);
          expect(lines.length).toBeLessThanOrEqual(most);
          for (const line of lines) expect(widthOf(line, 20, 'regular')).toBeLessThanOrEqual(width);
        },
      ),
      { numRuns: 40 },
    );
  });
});

test('labels that the font cannot write become the class number or boxes, and a remark explains these', async () => {
  const classes = ['猫', 'Überraschungs猫', '', 'cat\u0000\u0007'].map((label, i) =>
    explained(i, label, 0.1, ramp('cam')),
  );
  const { svg } = await drawn(poster(classes, { name: '\u0001<&">猫.jpg', model: '\u0002' }));
  const lines = linesOf(svg);
  expect(lines.filter((_, i) => i < 9 && i % 2 === 1)).toEqual([
    'class 0',
    'Überraschungs□',
    'class 2',
    'cat',
  ]);
  expect(lines[0]).toBe('<&">□.jpg');
  expect(lines).toContain("A class's number stands for a label that this font cannot write.");
  expect(lines).toContain('□ stands for a character that this font lacks.');
  expect(linesOf((await drawn(poster(classes.slice(3)))).svg).join()).not.toMatch(/stands for/);
});

test('names wider than the poster are cut; those of model and layer in their middle', async () => {
  const layers = [{ layer: '/block/'.repeat(60), raw: ramp('x').raw }];
  const long = explained(0, 'word '.repeat(99), 0.1, ramp('cam', { layers }));
  const { svg } = await drawn(poster([long], { name: 'n'.repeat(300), model: `${'m'.repeat(300)}.onnx` }));
  const lines = linesOf(svg);
  expect(lines.find((line) => line.startsWith('model'))).toMatch(/m…m+\.onnx$/);
  expect(lines.find((line) => line.startsWith('layer'))).toMatch(/^layer \/block.*….*block\/$/);
  for (const line of lines) expect(widthOf(line, 18, 'regular')).toBeLessThan(1128);
});
