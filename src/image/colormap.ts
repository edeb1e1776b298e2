import {
  interpolateCividis,
  interpolateInferno,
  interpolateMagma,
  interpolatePlasma,
  interpolateRdBu,
  interpolateTurbo,
  interpolateViridis,
} from 'd3-scale-chromatic';
import { CamError } from '../errors.js';
import { type ColorMapName, colorMapNames } from './colormap-names.js';

/** Red, green and blue of a CSS colour, `#rrggbb` or `rgb(r, g, b)`: the two forms that d3 gives. */
function parse(css: string): [number, number, number] {
  const parts = css.startsWith('#')
    ? [1, 3, 5].map((i) => Number.parseInt(css.slice(i, i + 2), 16))
    : (css.match(/\d+/g) ?? []).map(Number);
  return [parts[0], parts[1], parts[2]];
}

/** Matlab's jet: each channel is a trapezium, shifted by a quarter of the range from the next. */
function jet(t: number): [number, number, number] {
  const channel = (centre: number): number =>
    Math.round(255 * Math.min(1, Math.max(0, 1.5 - Math.abs(4 * t - centre))));
  return [channel(3), channel(2), channel(1)];
}

const colours: Readonly<Record<ColorMapName, (t: number) => [number, number, number]>> = {
  turbo: (t) => parse(interpolateTurbo(t)),
  jet,
  viridis: (t) => parse(interpolateViridis(t)),
  inferno: (t) => parse(interpolateInferno(t)),
  magma: (t) => parse(interpolateMagma(t)),
  plasma: (t) => parse(interpolatePlasma(t)),
  cividis: (t) => parse(interpolateCividis(t)),
  grey: (t) => [Math.round(255 * t), Math.round(255 * t), Math.round(255 * t)],
  diverging: (t) => parse(interpolateRdBu(1 - t)),
};

const tables = new Map<ColorMapName, Uint8Array>();

/**
 * Table `[256, 3]`, red, green, blue in 0..255; row 0 is the lowest value. `diverging` goes from blue over
 * white to red. Throws `CamError` `option` for an unknown name.
 */
export function colorMap(name: ColorMapName): Uint8Array {
  const colour = Object.hasOwn(colours, name) ? colours[name] : undefined;
  if (!colour) {
    throw new CamError('option', `colormap: expected one of ${colorMapNames.join(', ')}, got "${name}".`);
  }
  let table = tables.get(name);
  if (!table) {
    table = Uint8Array.from({ length: 256 }, (_, i) => i).reduce((t, i) => {
      t.set(colour(i / 255), 3 * i);
      return t;
    }, new Uint8Array(768));
    tables.set(name, table);
  }
  return table;
}
