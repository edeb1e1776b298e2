import type { Method } from '../methods/method.js';
import type { Target } from '../types.js';

/** The class of each image; `undefined` for images that have failed or have fewer classes. */
export type Chosen = readonly (Target | undefined)[];

/** How much each class counts, `[n, C]`: 1 for an image's own class, or the weights that were asked for. */
export function classWeightsOf(chosen: Chosen, classes: number): Float32Array {
  const weights = new Float32Array(chosen.length * classes);
  chosen.forEach((target, at) => {
    if (target?.weights) weights.set(target.weights, at * classes);
    else if (target) weights[at * classes + target.index] = 1;
  });
  return weights;
}

/** The same as a method wants it, see `Method.classes`. */
export function targetOf(method: Method, chosen: Chosen, classes: number): Float32Array {
  const data = new Float32Array(chosen.length * classes);
  chosen.forEach((target, at) => {
    if (!target) return;
    if (method.classes) data.set(method.classes(target.index, classes), at * classes);
    else data[at * classes + target.index] = 1;
  });
  return data;
}
