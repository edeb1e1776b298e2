import type { Target } from '../types.js';
import { className } from './class-name.js';
import type { PosterContent } from './content.js';
import { widthOf } from './font.js';
import { GAP } from './grid.js';
import { CONTENT, MARGIN, type Part, WIDTH } from './page.js';
import { isShare, scoreText, shareOf } from './percent.js';
import { element, ink, text } from './svg.js';
import { fitted, printable } from './text.js';

/** Most classes that the heading names. */
const NAMED = 8;

function meter(share: number | undefined, x: number, y: number, width: number): string[] {
  if (share === undefined || !isShare(share)) return [];
  const bar = (fill: string, length: number) =>
    element('rect', { x, y, width: length, height: 8, rx: 4, fill });
  return [bar(ink.line, width), bar(ink.meter, width * share)];
}

/** Font sizes for the name of a single class; the largest that fits is taken. */
const SIZES = [44, 36, 30];

function single(target: Target, top: number): string[] {
  const score = scoreText(target);
  const right = WIDTH - MARGIN;
  const space = CONTENT - widthOf(score, SIZES[0], 'bold') - 2 * GAP;
  const name = className(target);
  const size = SIZES.find((one) => widthOf(name, one, 'bold') <= space) ?? SIZES[SIZES.length - 1];
  return [
    text(fitted(name, space, size, 'bold'), MARGIN, top + 70, { size, weight: 'bold' }),
    text(score, right, top + 70, { size: SIZES[0], weight: 'bold', anchor: 'end' }),
    ...meter(shareOf(target), MARGIN, top + 90, CONTENT),
  ];
}

/** Where there are several classes: widths of the columns of bars and of probabilities. */
const [BAR, SCORE] = [300, 140];

function row(target: Target, baseline: number): string[] {
  const style = { size: 28, weight: 'bold' } as const;
  const bar = WIDTH - MARGIN - SCORE - BAR;
  return [
    text(fitted(className(target), bar - MARGIN - GAP, style.size, style.weight), MARGIN, baseline, style),
    ...meter(shareOf(target), bar, baseline - 14, BAR),
    text(scoreText(target), WIDTH - MARGIN, baseline, { ...style, anchor: 'end' }),
  ];
}

/** The picture's name, and each class with its probability. */
export function heading({ explanations, name }: PosterContent, top: number): Part {
  const file = fitted(printable(name), CONTENT, 20, 'regular', 'middle');
  const title = text(file, MARGIN, top + 20, { size: 20, fill: ink.soft });
  if (explanations.length === 1) return { svg: [title, ...single(explanations[0].target, top)], height: 98 };
  const [first, step] = [top + 62, 40];
  const rows = explanations.slice(0, NAMED).flatMap(({ target }, i) => row(target, first + step * i));
  const more = explanations.length - NAMED;
  if (more > 0)
    rows.push(text(`and ${more} more`, MARGIN, first + step * NAMED, { size: 22, fill: ink.soft }));
  return { svg: [title, ...rows], height: 32 + step * Math.min(explanations.length, NAMED + 1) };
}
