import { CamError } from '../errors.js';
import type { Outcome } from './outcome.js';
import { expectPlane, type Plane } from './plane.js';
import { type Region, regionMask } from './region.js';

/**
 * Pointing game: 1 where the highest value of the map, the first in row order among ties, lies on the object,
 * else 0.
 *
 * map `[H, W]`; region: boxes or a mask over the same pixels. `tolerance`, pixels, minimum 0: a hit may lie
 * up to this far from the object's nearest pixel. A map without a value above 0 points nowhere: 0, noted
 * `empty map`. A region without a pixel: no value, noted `no annotation`. MI-CAM (arXiv:2507.09092) §4.4;
 * Zhang 2018 (arXiv:1608.00507), who count distances below 15.
 * @throws {CamError} `shape`, `input`, `option`.
 */
export function pointingGame(
  map: Plane,
  region: Region,
  { tolerance = 0 }: { readonly tolerance?: number } = {},
): Outcome {
  expectPlane('pointingGame: map', map);
  if (!(tolerance >= 0))
    throw new CamError('option', `pointingGame: tolerance: expected at least 0 pixels, got ${tolerance}.`);
  const mask = regionMask('pointingGame', region, map.shape);
  if (!mask.includes(1)) return { value: undefined, note: 'no annotation' };
  const peak = argmax(map.data);
  if (!(map.data[peak] > 0)) return { value: 0, note: 'empty map' };
  const width = map.shape[1];
  const [px, py] = [peak % width, Math.floor(peak / width)];
  const hit = mask.some((inside, p) => {
    const [dx, dy] = [(p % width) - px, Math.floor(p / width) - py];
    return inside === 1 && dx * dx + dy * dy <= tolerance * tolerance;
  });
  return { value: hit ? 1 : 0 };
}

/** Index of the first of the highest values. */
function argmax(values: ArrayLike<number>): number {
  let best = 0;
  for (let i = 1; i < values.length; i++) if (values[i] > values[best]) best = i;
  return best;
}
