/** What the page shows, as files to keep. */
import { overlay } from '../../src/index.js';
import { layersOf, mapsOf } from '../../src/poster/content.js';
import { percent } from '../../src/poster/percent.js';
import { title } from '../state/methods.js';
import { dataUrl, rasterise, reduced } from './draw.js';
import { htmlFile } from './html-file.js';
import { nameOf, posterContent, type Shared, viewIn } from './shared.js';

/** Longer side of the pictures in the HTML file, pixels. */
const SIDE = 1024;

/** The same that the command line draws. */
export async function posterOf(shared: Shared): Promise<Blob> {
  const { posterSvg } = await poster;
  const { colormap, alpha } = shared;
  return rasterise(await posterSvg(posterContent(shared), dataUrl, { colormap, alpha }));
}
// With the page, which asks its server for nothing afterwards; a file of its own, for its font is large.
const poster = import('../../src/poster/index.js');

export async function htmlOf(shared: Shared): Promise<Blob> {
  const { name, model, explanations, colormap, alpha, preprocessingSource, layer } = shared;
  const picture = reduced(shared.picture, SIDE);
  const view = viewIn({ ...shared, picture });
  const maps = mapsOf(explanations);
  const drawn = maps.map(async ({ map, target }) => ({
    title: title(map.method),
    label: target && nameOf(target),
    drawn: await dataUrl(overlay(picture, map, view, { colormap, alpha })),
    notes: map.diagnostics,
  }));
  const file = htmlFile({
    name,
    picture: await dataUrl(picture),
    width: picture.width,
    height: picture.height,
    classes: explanations.map(({ target }) => ({ label: nameOf(target), share: percent(target.score) })),
    maps: await Promise.all(drawn),
    model: model.name,
    facts: [
      ['Layer', layersOf(maps).join(', ') + (layer ? ', chosen by hand' : '')],
      ['Preprocessing', preprocessingSource],
      ['Colours', `${colormap}, opacity ${Math.round(100 * alpha)} %`],
    ],
  });
  return new Blob([file], { type: 'text/html' });
}
