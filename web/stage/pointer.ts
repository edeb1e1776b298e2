/** Where the crosshair is, on the stage and on all tiles. */
import { computed, signal } from '@preact/signals';
import { results, shownMethod } from '../state/methods.js';
import { preprocessing } from '../state/model.js';
import { picture } from '../state/pictures.js';
import { side } from '../state/question.js';
import { inSeen, isInside, type Point, seenPart } from './geometry.js';
import { type ShownMap, shownMap } from './shown-map.js';

/** In parts of the picture; missing while nobody points. */
export const pointer = signal<Point | undefined>(undefined);

/** The map on the stage. */
export const stageMap = computed<ShownMap | undefined>(() =>
  shownMap(results.value[shownMethod.value], side.value, picture.value?.id),
);

/** The value of a `[h, w]` array at a point 0..1. */
function valueAt(
  data: Float32Array,
  [h, w]: readonly [number, number],
  { x, y }: Point,
): { readonly value: number; readonly column: number; readonly row: number } {
  const [column, row] = [Math.floor(x * w), Math.floor(y * h)];
  return { value: data[row * w + column], column, row };
}

/** `saliency 0.83 · raw 2.41 · cell 4,5`: what the map says where the crosshair is. */
export const readOut = computed<string | undefined>(() => {
  const [point, map, shown, prepared] = [pointer.value, stageMap.value, picture.value, preprocessing.value];
  if (!point || !map || !shown || !prepared) return undefined;
  const at = inSeen(point, seenPart(shown, prepared));
  if (!isInside(at)) return 'outside of what the network sees';
  const { value } = valueAt(map.heat.saliency, map.heat.shape, at);
  const parts = [`${map.maps.length > 1 ? 'A − B' : 'saliency'} ${value.toFixed(2)}`];
  const raws = map.maps.map(({ raw }) => valueAt(raw.data, raw.shape, at));
  parts.push(`raw ${raws.map(({ value }) => shortNumber(value)).join(' and ')}`);
  parts.push(`cell ${raws[0].column},${raws[0].row}`);
  return parts.join(' · ');
});

/** Three digits, whatever the size. */
const shortNumber = (value: number): string => {
  const size = Math.abs(value);
  return size !== 0 && (size < 0.01 || size >= 1e4) ? value.toExponential(1) : value.toPrecision(3);
};
