/** What the page shows now, to be taken away; `undefined` where nothing is. */
import { computed } from '@preact/signals';
import type { SaliencyMap } from '../../src/index.js';
import { colormap, opacity } from '../state/look.js';
import { type Maps, results, shownMethod } from '../state/methods.js';
import { layer, model, opened, preprocessingOrigin } from '../state/model.js';
import { picture } from '../state/pictures.js';
import { baseline, classA, classB, labels } from '../state/question.js';
import type { Shared } from './shared.js';

export const sharedNow = computed<Shared | undefined>(() => {
  const [shown, loaded, open, method] = [picture.value, model.value, opened.value, shownMethod.value];
  const maps = mapsOf(shown?.id);
  const main = maps.get(method);
  if (!shown || !loaded || !open || !main) return undefined;
  const classes = [main.classA, ...(main.classB === undefined ? [] : [main.classB])];
  const origin = preprocessingOrigin.value;
  return {
    name: shown.name,
    picture: shown.picture,
    model: { name: loaded.file.name ?? 'model.onnx', bundled: loaded.bundled === true },
    explanations: classes.map((index, i) => ({ target: targetOf(index), maps: mapsFor(maps, i, index) })),
    isChosen: classA.value !== 'predicted' || classB.value !== undefined,
    layer: layer.value,
    preprocessing: open.preprocessing,
    preprocessingSource: open.preprocessingSource,
    isGiven: origin === 'edited' || (origin === 'file' && !loaded.bundled),
    method,
    colormap: colormap.value,
    alpha: opacity.value,
  };
});

/** Those that are maps of this picture, by method. */
function mapsOf(id: number | undefined): ReadonlyMap<string, Maps> {
  const found = new Map<string, Maps>();
  for (const [method, { state, maps }] of Object.entries(results.value))
    if (state === 'done' && maps && maps.picture === id) found.set(method, maps);
  return found;
}

/** The maps of the first class, or of the second, that speak of it. */
function mapsFor(all: ReadonlyMap<string, Maps>, place: number, index: number): Record<string, SaliencyMap> {
  const chosen = [...all].flatMap(([method, maps]) => {
    const [map, about] = place === 0 ? [maps.a, maps.classA] : [maps.b ?? maps.a, maps.classB];
    const fits = about === index || (map.classAgnostic && place > 0);
    return fits || (place === 0 && map.classAgnostic) ? [[method, map] as const] : [];
  });
  return Object.fromEntries(chosen);
}

const targetOf = (index: number) => ({
  index,
  label: labels.value?.[index],
  score: baseline.value?.[index] ?? Number.NaN,
});
