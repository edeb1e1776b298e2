import { className } from './class-name.js';
import { isCropped, isFlat, type PosterContent, type PosterMap } from './content.js';
import { GAP, type Grid, gridOf } from './grid.js';
import { CONTENT, MARGIN, type Part } from './page.js';
import { element, ink, text } from './svg.js';
import { fitted, wrapped } from './text.js';
import type { Tiles } from './tiles.js';

/**
 * A rectangle that is visible on any picture: a white line between black ones. It lies on whole pixels, so
 * its lines stay thin.
 */
function frame(x: number, y: number, width: number, height: number): string[] {
  const [left, top] = [Math.round(x), Math.round(y)];
  const size = { width: Math.round(x + width) - left - 1, height: Math.round(y + height) - top - 1 };
  return [
    { stroke: '#000000', 'stroke-width': 3 },
    { stroke: '#ffffff', 'stroke-width': 1 },
  ].map((stroke) => element('rect', { x: left + 0.5, y: top + 0.5, ...size, fill: 'none', ...stroke }));
}

interface Caption {
  readonly title: string;
  readonly lines: readonly { readonly line: string; readonly fill: string }[];
  /** True where the caption explains the frame. */
  readonly framed?: boolean;
}

/**
 * In pixels: font sizes of a method's name and of the lines below it; width of the frame's symbol before
 * them.
 */
const [TITLE, LINE, SIGN] = [24, 20, 30];

/** From one line to the next. */
const LEADING = 26;

/** Height of a caption of `lines` lines, including the gap to the next row. */
const heightOf = (lines: number): number => 58 + LEADING * lines;

function soft(line: string, width: number, most: number): Caption['lines'] {
  return wrapped(line, width, LINE, 'regular', most).map((one) => ({ line: one, fill: ink.soft }));
}

function pictureCaption(
  { fromTensor, view, picture }: PosterContent,
  cropped: boolean,
  width: number,
): Caption {
  if (fromTensor)
    return { title: 'network input', lines: soft(`${picture.width} × ${picture.height}`, width, 1) };
  const title = 'picture';
  if (cropped) return { title, lines: soft('seen by the network', width - SIGN, 2), framed: true };
  const padded = view.x < -0.5 || view.y < -0.5;
  return { title, lines: soft(padded ? 'seen whole, with margins' : 'seen whole by the network', width, 2) };
}

function mapCaption({ map, target }: PosterMap, width: number): Caption {
  const flat = isFlat(map);
  const about = soft(target ? className(target) : 'same for every class', width, flat ? 1 : 2);
  return {
    title: map.method,
    lines: flat ? [...about, { line: 'flat map: see below', fill: ink.note }] : about,
  };
}

/** The captions of the picture and of the maps, and where the panels' rows begin. */
export interface PanelPlan {
  readonly grid: Grid;
  readonly captions: readonly Caption[];
  /** From the top of a row to the top of the next. */
  readonly row: number;
}

export function planPanels(content: PosterContent, maps: readonly PosterMap[]): PanelPlan {
  const { width, height } = content.picture;
  const plan = (lines: number): Omit<PanelPlan, 'row'> => {
    const grid = gridOf(1 + maps.length, width / height, CONTENT, heightOf(lines));
    const available = grid.step - GAP;
    const picture = pictureCaption(content, isCropped(content), available);
    return { grid, captions: [picture, ...maps.map((map) => mapCaption(map, available))] };
  };
  // With one more line below each picture, another number of columns may fit better.
  const first = plan(1);
  const { grid, captions } = first.captions.some(({ lines }) => lines.length > 1) ? plan(2) : first;
  return {
    grid,
    captions,
    row: grid.height + heightOf(Math.max(...captions.map(({ lines }) => lines.length))),
  };
}

function caption({ title, lines, framed }: Caption, x: number, top: number, width: number): string[] {
  const indent = framed ? SIGN : 0;
  return [
    text(fitted(title, width, TITLE, 'bold'), x, top + 30, { size: TITLE, weight: 'bold' }),
    ...(framed ? frame(x + 2, top + 44, 18, 14) : []),
    ...lines.map(({ line, fill }, i) => text(line, x + indent, top + 58 + LEADING * i, { size: LINE, fill })),
  ];
}

/** The picture and the maps, in rows. */
export function panels({ grid, captions, row }: PanelPlan, tiles: Tiles, top: number): Part {
  const { columns, rows, width, height, step } = grid;
  const { x: left, y: above, ...view } = tiles.view;
  const seen = tiles.cropped ? frame(left, above, view.width, view.height) : [];
  const svg = [tiles.picture, ...tiles.maps].flatMap((href, i) => {
    const x = MARGIN + (i % columns) * step;
    const y = top + Math.floor(i / columns) * row;
    const image = element('image', { href, width, height, preserveAspectRatio: 'none' });
    return [
      element('svg', { x, y, width, height, overflow: 'hidden' }, image, ...seen),
      ...caption(captions[i], x, y + height, step - GAP),
    ];
  });
  return { svg, height: rows * row };
}
