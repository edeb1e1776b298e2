/** Shapes as text. */

import type { Shape } from './model.js';

/** Most characters of a free length's name. Longer ones are formulas and are shown as `?`. */
const LONGEST_LENGTH = 24;

const formatLength = (dim: Shape[number] | null): string =>
  typeof dim === 'string' && dim.length > LONGEST_LENGTH ? '?' : String(dim ?? '?');

/** A shape as text: `[batch, 3, ?, ?]`. */
export function formatShape(shape: readonly (Shape[number] | null)[] | undefined | null): string {
  return shape ? `[${shape.map(formatLength).join(', ')}]` : '(shape unknown)';
}
