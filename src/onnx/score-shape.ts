/** Shapes that class scores come in: one axis of classes, behind one of pictures or none, and ones besides. */

import type { Shape } from './model.js';

/**
 * `[n, C]` of scores that have this shape or are laid out as `[n, C, 1, 1]`, `[n, 1, C]`, `[1, 1, 1, C]`, `[C]` or `[n]`;
 * `undefined` where that is not known, or not so.
 */
export function matrixOf(shape: Shape | undefined): Shape | undefined {
  if (!shape) return undefined;
  if (shape.length === 0) return [1, 1];
  // A length of one's own is that of the classes; one with a name is the batch.
  if (shape.length === 1) return typeof shape[0] === 'string' ? [shape[0], 1] : [1, shape[0]];
  if (shape.length === 2) return shape;
  const classes = shape.slice(1).filter((dim) => dim !== 1);
  return classes.length <= 1 ? [shape[0], classes.length === 1 ? classes[0] : 1] : undefined;
}

/** The number of classes, where it is known. */
export function classesOf(shape: Shape | undefined): number | undefined {
  const classes = matrixOf(shape)?.[1];
  return typeof classes === 'number' ? classes : undefined;
}

/** Whether a shape cannot be one of class scores: it has two axes besides that of the pictures. */
export function hasPlaces(shape: Shape | undefined): boolean {
  const long = shape?.slice(1).filter((dim) => typeof dim === 'number' && dim !== 1) ?? [];
  return long.length > 1;
}
