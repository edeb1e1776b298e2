/** Tensors that everything flows through on its way from the inputs to some tensors. */

import type { Node } from './model.js';
import { ancestors, descendants, type GraphIndex } from './walk.js';

/** Nodes whose outputs do not depend on the values of what they read. */
const withoutValues = new Set(['Shape', 'Size']);

/**
 * The tensors, in graph order, without which nothing of `inputs` reaches `ends`. The ends themselves are left
 * out. One pass over the nodes.
 */
export function dominators(
  index: GraphIndex,
  inputs: readonly string[],
  ends: readonly string[],
): readonly string[] {
  const between = flowing(index, inputs, ends);
  const isEnd = new Set(ends);
  // How many nodes still have to read a tensor; an end is read once more, by whoever asks.
  const open = new Map<string, number>();
  const made = new Set([...inputs, ...between.flatMap(({ outputs }) => outputs)]);
  for (const node of between) for (const name of index.reads(node)) if (made.has(name)) add(open, name, 1);
  for (const name of ends) add(open, name, 1);
  const live = new Set(inputs.filter((name) => open.has(name)));
  const found: string[] = [];
  for (const node of between) {
    for (const name of index.reads(node)) if (made.has(name) && add(open, name, -1) === 0) live.delete(name);
    for (const name of node.outputs) if ((open.get(name) ?? 0) > 0) live.add(name);
    const [only] = live;
    if (live.size === 1 && node.outputs.includes(only) && !isEnd.has(only)) found.push(only);
  }
  return found;
}

function add(counts: Map<string, number>, name: string, by: number): number {
  const count = (counts.get(name) ?? 0) + by;
  counts.set(name, count);
  return count;
}

/** The nodes that values pass through from the inputs to the ends, in graph order. */
function flowing(index: GraphIndex, inputs: readonly string[], ends: readonly string[]): readonly Node[] {
  const before = new Set(ancestors(index, [...ends]));
  const reached = new Set(inputs);
  const forward = descendants(index, [...inputs]).filter((node) => {
    if (!before.has(node) || withoutValues.has(node.opType)) return false;
    const isReached = [...index.reads(node)].some((name) => reached.has(name));
    if (isReached) for (const name of node.outputs) reached.add(name);
    return isReached;
  });
  // Without the nodes that computed lengths alone.
  const wanted = new Set(ends);
  return forward
    .toReversed()
    .filter((node) => {
      const isWanted = node.outputs.some((name) => wanted.has(name));
      if (isWanted) for (const name of index.reads(node)) wanted.add(name);
      return isWanted;
    })
    .toReversed();
}
