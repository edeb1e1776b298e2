/** Equal shapes as one object. */

import type { Dim, Shape } from '../model.js';

/** The shapes that begin with the same lengths. */
interface Branch {
  shape?: Shape;
  readonly longer: Map<Dim, Branch>;
}

/** A function that gives the first of all equal shapes that it was given. */
export function uniqueShapes(): (shape: Shape) => Shape {
  const root: Branch = { longer: new Map() };
  return (shape) => {
    let branch = root;
    for (const dim of shape) {
      let next = branch.longer.get(dim);
      if (!next) {
        next = { longer: new Map() };
        branch.longer.set(dim, next);
      }
      branch = next;
    }
    branch.shape ??= shape;
    return branch.shape;
  };
}
