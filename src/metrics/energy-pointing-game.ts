import type { Outcome } from './outcome.js';
import { expectNonNegative, type Plane } from './plane.js';
import { type Region, regionMask } from './region.js';

/**
 * Energy-based pointing game: share of the map's sum that lies on the object,
 * `Σ saliency inside / Σ saliency`, 0 to 1.
 *
 * map `[H, W]`, at least 0; region: boxes, whose union counts once, or a mask over the same pixels. An empty
 * map has no energy on the object: 0, noted `empty map`. A region without a pixel: no value, noted
 * `no annotation`. MI-CAM (arXiv:2507.09092) §4.4; Score-CAM (arXiv:1910.01279).
 * @throws {CamError} `shape`; `input` for values below 0 or not finite.
 */
export function energyPointingGame(map: Plane, region: Region): Outcome {
  expectNonNegative('energyPointingGame: map', map);
  const mask = regionMask('energyPointingGame', region, map.shape);
  if (!mask.includes(1)) return { value: undefined, note: 'no annotation' };
  let [inside, all] = [0, 0];
  for (let p = 0; p < mask.length; p++) {
    all += map.data[p];
    if (mask[p] === 1) inside += map.data[p];
  }
  return all === 0 ? { value: 0, note: 'empty map' } : { value: inside / all };
}
