import { type ColorMapName, colorMap, fullScale } from '../image/index.js';
import { isRenamed } from './class-name.js';
import { layersOf, notesOf, type PosterContent, type PosterMap } from './content.js';
import { BOX, widthOf } from './font.js';
import { GAP } from './grid.js';
import { CONTENT, MARGIN, type Part, WIDTH } from './page.js';
import { element, ink, text } from './svg.js';
import { fitted, printable, wrapped } from './text.js';

/** A colour bar with the values of its ends, followed by their meaning. */
function colourBar(name: ColorMapName, ends: readonly string[], meaning: string, top: number): Part {
  const table = colorMap(name);
  const [width, id] = [256, `colours-${name}-${ends.length}-${top}`];
  const x = Math.round(MARGIN + widthOf(ends[0], 20, 'bold') + 10);
  const after = x + width + 10;
  // The gradient starts and ends half a pixel inside, so that the first and the last pixel have the end
  // colours.
  const stops = Array.from({ length: 52 }, (_, i) => {
    const [red, green, blue] = table.subarray(15 * i, 15 * i + 3);
    return element('stop', { offset: String(i / 51), 'stop-color': `rgb(${red},${green},${blue})` });
  });
  const axis = { gradientUnits: 'userSpaceOnUse', x1: x + 0.5, x2: x + width - 0.5, y1: 0, y2: 0 };
  const last = ends[ends.length - 1];
  const label = { size: 20, weight: 'bold' } as const;
  return {
    svg: [
      element('linearGradient', { id, ...axis }, ...stops),
      element('rect', { x, y: top, width, height: 20, fill: `url(#${id})` }),
      text(ends[0], MARGIN, top + 17, label),
      text(last, after, top + 17, label),
      text(meaning, after + widthOf(last, 20, 'bold') + 20, top + 17, { size: 20, fill: ink.soft }),
    ],
    height: 34,
  };
}

const figure = (value: number): string => String(Number(value.toPrecision(2)));

/** The scales of the maps. Most maps are scaled to 0..1; maps of probabilities are not. */
export function colourBars(maps: readonly PosterMap[], colormap: ColorMapName, top: number): Part {
  const bars: Part[] = [];
  const add = (name: ColorMapName, ends: readonly [string, string], meaning: string) => {
    const y = top + bars.reduce((sum, { height }) => sum + height, 0);
    bars.push(colourBar(name, ends, meaning, y));
  };
  const kind = (values: 'probabilities' | 'differences' | undefined) =>
    maps.filter(({ map }) => map.values === values);
  if (kind(undefined).length > 0) add(colormap, ['0', '1'], 'weakest to strongest, each map by itself');
  for (const values of ['probabilities', 'differences'] as const) {
    for (const { map } of kind(values)) {
      const full = figure(fullScale(map));
      if (values === 'differences') add('diverging', [`−${full}`, full], `${map.method}: against and for`);
      else add(colormap, ['0', full], `${map.method}: probabilities`);
    }
  }
  return { svg: bars.flatMap(({ svg }) => svg), height: bars.reduce((sum, { height }) => sum + height, 0) };
}

/** Most remarks on maps that the poster writes out. */
const REMARKS = 6;

/** Remarks on the maps and on characters that the font lacks. */
export function remarks(
  { explanations }: PosterContent,
  maps: readonly PosterMap[],
  boxes: boolean,
  top: number,
): Part {
  const notes = notesOf(maps).map(printable);
  const more = notes.length - REMARKS;
  const renamed = explanations.some(({ target }) => isRenamed(target));
  const lines = [
    ...notes.slice(0, REMARKS).flatMap((note) => wrapped(note, CONTENT, 19, 'regular', 3)),
    ...(more > 0 ? [`${more} more`] : []),
    ...(renamed ? ["A class's number stands for a label that this font cannot write."] : []),
    ...(boxes ? [`${BOX} stands for a character that this font lacks.`] : []),
  ];
  const svg = lines.map((line, i) => text(line, MARGIN, top + 20 + 27 * i, { size: 19, fill: ink.note }));
  return { svg, height: lines.length > 0 ? 27 * lines.length + 12 : 0 };
}

/** Model and layers. */
export function origin({ model }: PosterContent, maps: readonly PosterMap[], top: number): Part {
  const layers = layersOf(maps);
  const texts = [
    `model ${printable(model)}`,
    `layer${layers.length > 1 ? 's' : ''} ${printable(layers.join(', '))}`,
  ];
  const made = 'onnx-cam';
  const width = CONTENT - widthOf(made, 20, 'bold') - GAP;
  const [full] = [(width - GAP) / 2];
  const needed = texts.map((line) => widthOf(line, 20, 'regular'));
  // Each of the two has half of the line, plus what the other leaves free of its half.
  const least = needed.map((own, i) => Math.min(own, Math.max(full, width - GAP - needed[1 - i])));
  const lines = texts.map((line, i) => fitted(line, least[i], 20, 'regular', 'middle'));
  const second = MARGIN + widthOf(lines[0], 20, 'regular') + GAP;
  const style = { size: 20, fill: ink.soft };
  return {
    svg: [
      element('rect', { x: MARGIN, y: top, width: CONTENT, height: 1, fill: ink.line }),
      text(lines[0], MARGIN, top + 34, style),
      text(lines[1], second, top + 34, style),
      text(made, WIDTH - MARGIN, top + 34, { ...style, weight: 'bold', anchor: 'end' }),
    ],
    height: 40,
  };
}
