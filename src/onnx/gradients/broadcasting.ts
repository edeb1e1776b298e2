/** Broadcasting of shapes whose lengths may be names or unknown. */

import type { Dim, Shape } from '../model.js';

/** Whether two lengths are known to be equal. Equal names are. */
function same(a: Dim, b: Dim): boolean {
  return a !== undefined && a === b;
}

/** Whether two shapes are known to be equal. */
export function sameDims(a: Shape | undefined, b: Shape | undefined): boolean {
  return a !== undefined && a.length === b?.length && a.every((dim, i) => same(dim, b[i]));
}

/**
 * The axes of `from` that must be summed to undo the broadcasting of `to` to it; `undefined` where that
 * cannot be told. A length of `to` above 1 cannot have been broadcast, whatever is known of `from`.
 */
export function needsSum(from: Shape | undefined, to: Shape | undefined): readonly number[] | undefined {
  if (!from || !to || to.length > from.length) return undefined;
  const extra = from.length - to.length;
  const axes: number[] = [];
  for (const [axis, length] of from.entries()) {
    const wanted = axis < extra ? undefined : to[axis - extra];
    if (axis < extra) axes.push(axis);
    else if (wanted === 1) {
      if (length !== 1) axes.push(axis);
    } else if (typeof wanted !== 'number' && !same(length, wanted) && length !== 1) return undefined;
  }
  return axes;
}

/**
 * A constant shape to `Expand` by that turns `from` into `to`, with 1 where an axis stays as it is;
 * `undefined` where a length is needed that is not known.
 */
export function spread(from: Shape | undefined, to: Shape | undefined): readonly number[] | undefined {
  if (!from || !to || from.length > to.length) return undefined;
  const extra = to.length - from.length;
  const target: number[] = [];
  for (const [axis, length] of to.entries()) {
    if (axis >= extra && same(from[axis - extra], length)) target.push(1);
    else if (typeof length === 'number') target.push(length);
    else return undefined;
  }
  return target;
}
