/** The map that is drawn of a method: of class A, of class B, or the one less the other. */
import type { ColorMapName, Heat, SaliencyMap } from '../../src/index.js';
import type { MethodResult } from '../state/methods.js';
import { className } from '../state/question.js';

export type Side = 'A' | 'B' | 'A-B';

export interface ShownMap {
  readonly heat: Heat;
  /** The maps that it is made of. */
  readonly maps: readonly SaliencyMap[];
  /** Whether values are -1..1, drawn in diverging colours. */
  readonly isSigned: boolean;
  /** What it speaks of: a class, or `A − B`. */
  readonly label: string;
}

const differences = new WeakMap<SaliencyMap, { readonly less: SaliencyMap; readonly values: Float32Array }>();

/** `a - b`, -1..1, computed once. */
function difference(a: SaliencyMap, b: SaliencyMap): Float32Array {
  const known = differences.get(a);
  if (known?.less === b) return known.values;
  const values = a.saliency.map((value, p) => value - b.saliency[p]);
  differences.set(a, { less: b, values });
  return values;
}

/**
 * @param picture  The number of the picture on the page: maps of another are not shown.
 * @returns `undefined` while there is none.
 */
export function shownMap(
  result: MethodResult | undefined,
  side: Side,
  picture: number | undefined,
): ShownMap | undefined {
  const maps = result?.maps;
  if (!maps || maps.picture !== picture) return undefined;
  const { a, b, classA, classB } = maps;
  // What is the same for every class has no difference to show.
  if (side === 'A' || !b || classB === undefined || (side === 'A-B' && a.classAgnostic))
    return { heat: a, maps: [a], isSigned: a.values === 'differences', label: className(classA) };
  if (side === 'B')
    return { heat: b, maps: [b], isSigned: b.values === 'differences', label: className(classB) };
  return {
    heat: { saliency: difference(a, b), shape: a.shape },
    maps: [a, b],
    isSigned: true,
    label: 'A − B',
  };
}

/** Signed values have their own colours. */
export const colormapOf = ({ isSigned }: ShownMap, chosen: ColorMapName): ColorMapName =>
  isSigned ? 'diverging' : chosen;
