import { CamError } from '../errors.js';
import type { Outcome } from './outcome.js';
import { expectPlane, type Plane } from './plane.js';
import { type Region, regionMask } from './region.js';

/**
 * Dead-zone μ: share of a map's norm that lies where the model cannot see,
 * `‖saliency in the unseen region‖₂ / ‖saliency‖₂`, 0 to 1; 0 is right.
 *
 * map `[H, W]`; unseen: boxes or a mask over the same pixels. A map that is 0 everywhere has no value, noted
 * `empty map`: it claims nothing, and earns no 0 for that. See through Walls eq. 7.
 * @throws {CamError} `shape`; `input` when the unseen region has no pixel.
 */
export function deadZone(map: Plane, unseen: Region): Outcome {
  expectPlane('deadZone: map', map);
  const mask = regionMask('deadZone', unseen, map.shape);
  if (!mask.includes(1)) {
    throw new CamError(
      'input',
      'deadZone: unseen region: expected at least one pixel, got none. With nothing unseen there is nothing to measure.',
    );
  }
  const inside = norm(map.data, (p) => mask[p] === 1);
  const all = norm(map.data, () => true);
  return all === 0 ? { value: undefined, note: 'empty map' } : { value: inside / all };
}

/** Euclidean norm, also of values whose squares overflow or underflow. */
function norm(data: ArrayLike<number>, counts: (p: number) => boolean): number {
  let largest = 0;
  for (let p = 0; p < data.length; p++) if (counts(p)) largest = Math.max(largest, Math.abs(data[p]));
  if (largest === 0) return 0;
  let sum = 0;
  for (let p = 0; p < data.length; p++) if (counts(p)) sum += (data[p] / largest) ** 2;
  return largest * Math.sqrt(sum);
}
