/** Which tokens stand in front of the positions, and which behind them. */

import { intAttribute } from './attributes.js';
import type { Shape } from './model.js';
import type { GraphIndex } from './walk.js';

/** Most tensors that are visited on the way back to where tokens were joined. */
const MOST_VISITED = 5000;

/**
 * Whether tokens `[n, t, K]` were joined with others behind the positions: a class token that comes last.
 * @param positions  How many of them have a place.
 */
export function hasTokensBehind(
  index: GraphIndex,
  shapes: ReadonlyMap<string, Shape>,
  tensor: string,
  positions: number,
): boolean {
  const tokens = shapes.get(tensor)?.[1];
  const seen = new Set([tensor]);
  for (const name of seen) {
    if (seen.size > MOST_VISITED) return false;
    const node = index.producer(name);
    if (!node) continue;
    if (node.opType === 'Concat' && [1, -2].includes(intAttribute(node, 'axis', 0))) {
      const at = node.inputs.findIndex((input) => shapes.get(input)?.[1] === positions);
      return at >= 0 && at < node.inputs.length - 1;
    }
    for (const input of node.inputs) {
      const shape = shapes.get(input);
      if (shape?.length === 3 && shape[1] === tokens && !index.constant(input)) seen.add(input);
    }
  }
  return false;
}
