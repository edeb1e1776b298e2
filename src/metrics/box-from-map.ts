import { connectedComponents, largestComponent } from './connected-components.js';
import { expectThreshold, levelOf, maximum } from './level.js';
import { expectPlane, type Plane } from './plane.js';
import type { Box } from './region.js';

/**
 * The box that a map draws around the object: the tight box of the largest 8-connected component of the
 * pixels with `saliency ≥ threshold × max`. Among equally large components, the first in row order is taken.
 * `undefined` for a map without a value above 0.
 *
 * map `[H, W]`; `threshold` 0 to 1, default 0.2 → whole pixels `[x0, y0, x1, y1)`.
 * Informative CAM (infoCAM) §3.1.
 * @throws {CamError} `shape`, `input`, `option`.
 */
export function boxFromMap(map: Plane, threshold = 0.2): Box | undefined {
  expectPlane('boxFromMap: map', map);
  expectThreshold('boxFromMap', threshold);
  const max = maximum(map.data);
  if (!(max > 0)) return undefined;
  const level = levelOf(map, threshold, max);
  const data = Uint8Array.from(map.data, (value) => (value >= level ? 1 : 0));
  return largestComponent(connectedComponents({ data, shape: map.shape }))?.box;
}
