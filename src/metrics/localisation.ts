import { boxFromMap } from './box-from-map.js';
import { bestIou } from './iou.js';
import type { Outcome } from './outcome.js';
import type { Plane } from './plane.js';
import type { Box } from './region.js';

export interface LocalisationOptions {
  /** Threshold of the box, as a share of the map's maximum. @default 0.2 */
  readonly threshold?: number;
  /** Least IoU that counts. @default 0.5 */
  readonly iou?: number;
}

/**
 * GT-Loc: 1 where the box from the map of the *true* class overlaps a ground-truth box with IoU ≥ 0.5, else
 * 0.
 *
 * map `[H, W]`; boxes in its pixels. An empty map draws no box: 0, noted `empty map`. Without a ground-truth
 * box: no value, noted `no annotation`. Informative CAM (infoCAM) §3.1.
 * @throws {CamError} `shape`, `input`, `option`.
 */
export function gtLoc(
  map: Plane,
  truth: readonly Box[],
  { threshold, iou = 0.5 }: LocalisationOptions = {},
): Outcome {
  const box = boxFromMap(map, threshold);
  if (truth.length === 0) return { value: undefined, note: 'no annotation' };
  if (box === undefined) return { value: 0, note: 'empty map' };
  return { value: bestIou(box, truth) >= iou ? 1 : 0 };
}

/**
 * Top-1 Loc: GT-Loc where the model must also be right: `predicted` (highest score) and `label` (true class)
 * are class indices. Where the model is wrong the map does not matter: 0.
 * @throws {CamError} as `gtLoc`.
 */
export function top1Loc(
  map: Plane,
  truth: readonly Box[],
  classes: { readonly predicted: number; readonly label: number },
  options: LocalisationOptions = {},
): Outcome {
  const located = gtLoc(map, truth, options);
  if (located.value === undefined || classes.predicted === classes.label) return located;
  return { ...located, value: 0 };
}
