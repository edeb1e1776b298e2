import type { View } from '../image/index.js';
import type { Explanation, Picture, SaliencyMap, Target } from '../types.js';

/** The part of an explanation that a poster shows. */
type Explained = Pick<Explanation, 'target' | 'maps'>;

/** What a poster shows: one picture with all its explanations. */
export interface PosterContent {
  /** Name of the picture for the heading, e.g. a file's name. */
  readonly name: string;
  readonly picture: Picture;
  /** True where only the network's input was given: the picture is made from it. */
  readonly fromTensor?: boolean;
  /** The part of the picture that the network sees, see `viewOf`. */
  readonly view: View;
  /** One per class. */
  readonly explanations: readonly Explained[];
  /** The model's name. */
  readonly model: string;
}

/**
 * A map of the poster and the class that it explains. `target` is missing where the map is the same for every
 * class.
 */
export interface PosterMap {
  readonly map: SaliencyMap;
  readonly target?: Target;
}

/** Whether the network sees a part of the picture. Less than half a pixel at a side is rounding. */
export const isCropped = ({ picture: { width, height }, view }: PosterContent): boolean =>
  Math.max(view.x, view.y, width - view.x - view.width, height - view.y - view.height) >= 0.5;

/**
 * The maps in the poster's order: class by class; then, once each, the maps that are the same for every
 * class.
 */
export function mapsOf(explanations: readonly Explained[]): readonly PosterMap[] {
  const specific = explanations.flatMap(({ target, maps }) =>
    Object.values(maps).flatMap((map) => (map.classAgnostic ? [] : [{ map, target }])),
  );
  const agnostic = new Map<string, SaliencyMap>();
  for (const { maps } of explanations)
    for (const map of Object.values(maps))
      if (map.classAgnostic && !agnostic.has(map.method)) agnostic.set(map.method, map);
  return [...specific, ...[...agnostic.values()].map((map) => ({ map }))];
}

export const layersOf = (maps: readonly PosterMap[]): readonly string[] => [
  ...new Set(maps.flatMap(({ map }) => map.layers.map(({ layer }) => layer))),
];

/** The notes on the maps, each sentence once, with its method. */
export const notesOf = (maps: readonly PosterMap[]): readonly string[] => [
  ...new Set(maps.flatMap(({ map }) => map.diagnostics.map((note) => `${map.method}: ${note}`))),
];

export const isFlat = ({ saliency }: SaliencyMap): boolean => saliency.every((value) => value === 0);
