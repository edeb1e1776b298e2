/** What the page shows, as files to keep. */
import { type Heat, overlay } from '../../src/index.js';
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
  const compared = differencesOf(shared).map(async ({ title, heat }) => ({
    title,
    label: `A − B: ${explanations.map(({ target }) => nameOf(target)).join(' less ')}`,
    drawn: await dataUrl(overlay(picture, heat, view, { colormap: 'diverging', alpha })),
    notes: [],
  }));
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
    maps: await Promise.all([...compared, ...drawn]),
    model: model.name,
    facts: [
      ['Layer', layersOf(maps).join(', ') + (layer ? ', chosen by hand' : '')],
      ['Preprocessing', preprocessingSource],
      ['Colours', `${colormap}, opacity ${Math.round(100 * alpha)} %`],
    ],
  });
  return new Blob([file], { type: 'text/html' });
}

/** Of two classes, the map of the first less that of the second, by method. */
function differencesOf({ explanations }: Shared): readonly { readonly title: string; readonly heat: Heat }[] {
  if (explanations.length !== 2) return [];
  const [a, b] = explanations.map(({ maps }) => maps);
  return Object.values(a)
    .filter(({ method, classAgnostic }) => !classAgnostic && b[method])
    .map(({ method, saliency, shape }) => {
      const less = b[method].saliency;
      return { title: title(method), heat: { saliency: saliency.map((value, p) => value - less[p]), shape } };
    });
}
