/**
 * Largest and smallest values. ReduceMax took its axes as an attribute before opset 18; pooling means the
 * same in all.
 */

import type { Builder, Value } from '../gradients/builder.js';

/** Of each channel: `[n, C, H, W]` → `[n, C, 1, 1]`. */
export function largest(b: Builder, x: Value): Value {
  return b.op('GlobalMaxPool', [x]);
}

/** Of each channel: `[n, C, H, W]` → `[n, C, 1, 1]`. */
export function smallest(b: Builder, x: Value): Value {
  return b.neg(largest(b, b.neg(x)));
}

/** The values of an image as one channel: `[n, C, H, W]` → `[n, 1, C·H·W, 1]`. */
export function asOneChannel(b: Builder, x: Value): Value {
  return b.reshape(x, [0, 1, -1, 1]);
}
