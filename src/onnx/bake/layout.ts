/** A layer of another layout as `[n, K, h, w]`, in the graph. */

import { CamError } from '../../errors.js';
import type { Layout } from '../feature-map.js';
import type { Builder, Value } from '../gradients/builder.js';

/**
 * A layer, or its gradient, as `[n, K, h, w]`; tokens without a position are left out.
 * @throws {CamError} `layer` for tokens whose grid depends on the picture's size.
 */
export function channelsFirst(b: Builder, value: Value, layout: Layout, name: string): Value {
  if (layout.kind === 'nchw') return value;
  if (layout.kind === 'nhwc') return b.transpose(value, [0, 3, 1, 2]);
  if (layout.isScaled)
    throw new CamError(
      'layer',
      `bake: layer: expected a grid that is known, got "${name}", whose grid follows the size of the picture. Export the model for one size; "explain" takes this one.`,
    );
  const [height, width] = layout.grid;
  const last = height * width + layout.prefix;
  const shape = value.shape && [value.shape[0], height * width, value.shape[2]];
  const placed = b.stated(
    b.op('Slice', [value, b.ints([layout.prefix]), b.ints([last]), b.ints([1])]),
    shape,
  );
  // A length of 0 is taken over.
  const grid = b.stated(
    b.op('Reshape', [placed, b.ints([0, height, width, -1])]),
    shape && [shape[0], height, width, shape[2]],
  );
  return b.transpose(grid, [0, 3, 1, 2]);
}
