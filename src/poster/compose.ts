import type { OverlayOptions } from '../image/index.js';
import { mapsOf, type PosterContent } from './content.js';
import { BOX } from './font.js';
import { heading } from './heading.js';
import { colourBars, origin, remarks } from './legend.js';
import { MARGIN, type Part, WIDTH } from './page.js';
import { panels, planPanels } from './panels.js';
import { element } from './svg.js';
import { printable } from './text.js';
import { drawTiles, type EncodePicture } from './tiles.js';

/**
 * A poster of one picture, an SVG 1200 pixels wide. It shows the picture and its maps side by side, the
 * classes with their probabilities, colour bars, model and layer. Text is drawn as outlines, so a poster
 * looks the same on machines without fonts.
 * @param encode   Turns a tile's picture into an address for SVG's `image`, e.g. a `data:` URL of a PNG.
 * @param options  The options of `overlay`; the frame is always drawn, whatever `frame` says.
 * @throws {CamError} `option` as `overlay` does.
 */
export async function posterSvg(
  content: PosterContent,
  encode: EncodePicture,
  options: OverlayOptions = {},
): Promise<string> {
  const maps = mapsOf(content.explanations);
  const plan = planPanels(content, maps);
  const tiles = await drawTiles(content, maps, plan.grid, options, encode);
  const svg: string[] = [];
  let top = MARGIN;
  const add = (part: Part, gap = 0): void => {
    svg.push(...part.svg);
    top += part.height + (part.height > 0 ? gap : 0);
  };
  add(heading(content, top), 24);
  add(panels(plan, tiles, top));
  add(colourBars(maps, options.colormap ?? 'turbo', top), 12);
  const ending = (y: number): Part => origin(content, maps, y);
  const boxes = [...svg, ...ending(0).svg].some((part) => part.includes(BOX));
  add(remarks(content, maps, boxes, top));
  add(ending(top));
  const height = Math.ceil(top + MARGIN / 2);
  const size = { width: WIDTH, height, viewBox: `0 0 ${WIDTH} ${height}` };
  return element(
    'svg',
    { xmlns: 'http://www.w3.org/2000/svg', ...size, role: 'group', 'aria-label': printable(content.name) },
    element('rect', { width: WIDTH, height, fill: '#ffffff' }),
    ...svg,
  );
}
