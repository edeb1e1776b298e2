/** Shapes of class scores: an axis of classes, with or without a batch axis, and axes of length 1. */

import type { Dim, Model, Shape } from './model.js';

/** The length of the model's batch axis: a number, a name, or unknown. */
export const batchOf = ({ graph }: Pick<Model, 'graph'>): Dim => graph.inputs[0]?.shape?.[0];

/**
 * `[n, C]` of scores that have this shape or are laid out as `[n, C, 1, 1]`, `[n, 1, C]`, `[1, 1, 1, C]`,
 * `[C]` or `[n]`; `undefined` where that is not known, or not so.
 * @param batch  The length of the model's batch axis.
 */
export function matrixOf(shape: Shape | undefined, batch: Dim): Shape | undefined {
  if (!shape) return undefined;
  if (shape.length === 0) return [1, 1];
  if (shape.length === 1) return countsPictures(shape[0], batch) ? [shape[0], 1] : [1, shape[0]];
  if (shape.length === 2) return shape;
  const classes = shape.slice(1).filter((dim) => dim !== 1);
  return classes.length <= 1 ? [shape[0], classes.length === 1 ? classes[0] : 1] : undefined;
}

/** Whether the only axis of scores is the batch: named, of a fixed batch's length, or of unknown length. */
function countsPictures(length: Dim, batch: Dim): boolean {
  if (typeof length === 'string') return true;
  return typeof batch === 'number' ? batch > 1 && length === batch : length === undefined;
}

/** The number of columns of the scores, where it is known. */
export function classesOf(shape: Shape | undefined, batch: Dim): number | undefined {
  const classes = matrixOf(shape, batch)?.[1];
  return typeof classes === 'number' ? classes : undefined;
}

/** Whether a shape has positions: two axes longer than 1 besides the batch. Class scores have one. */
export function hasPlaces(shape: Shape | undefined): boolean {
  const long = shape?.slice(1).filter((dim) => typeof dim === 'number' && dim !== 1) ?? [];
  return long.length > 1;
}
