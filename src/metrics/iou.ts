import { type Box, expectBox } from './region.js';

/**
 * Intersection over union of two boxes `[x0, y0, x1, y1)` without +1, 0 to 1; 0 where they are disjoint or
 * either has no area.
 */
export function iou(a: Box, b: Box): number {
  expectBox('iou', a);
  expectBox('iou', b);
  const width = Math.min(a[2], b[2]) - Math.max(a[0], b[0]);
  const height = Math.min(a[3], b[3]) - Math.max(a[1], b[1]);
  if (width <= 0 || height <= 0) return 0;
  const shared = width * height;
  return shared / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - shared);
}

/** The highest `iou` of a box with any of several; 0 for none. */
export const bestIou = (box: Box, truth: readonly Box[]): number =>
  truth.reduce((best, other) => Math.max(best, iou(box, other)), 0);
