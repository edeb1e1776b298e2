/** Which tensors are integers that stand for real numbers: they cannot be explained as they are. */

import type { Node } from './model.js';
import type { GraphIndex } from './walk.js';

const makers = new Set(['QuantizeLinear', 'DynamicQuantizeLinear']);

/** Operators whose output is of the type of their first input. */
const moving = new Set(
  `Identity Dropout MaxPool Reshape Flatten Squeeze Unsqueeze Transpose Slice Split Gather Concat Pad Resize Upsample Expand Tile
  DepthToSpace SpaceToDepth Relu Clip Max Min`.split(/\s+/),
);

/**
 * Whether a node's outputs are integers, or integers that were cast but not scaled.
 * @param isInteger  Whether the tensors that it reads are.
 */
export function givesIntegers(
  { opType, inputs }: Node,
  index: GraphIndex,
  isInteger: (tensor: string) => boolean,
): boolean {
  const [from = ''] = inputs;
  if (makers.has(opType) || opType.startsWith('QLinear') || opType.endsWith('Integer')) return true;
  if (opType === 'Cast') return index.producer(from)?.opType.endsWith('Integer') ?? false;
  return moving.has(opType) && isInteger(from);
}

/** Whether a tensor holds integers. */
export function holdsIntegers(index: GraphIndex, tensor: string): boolean {
  for (let node = index.producer(tensor); node; node = index.producer(node.inputs[0] ?? '')) {
    if (givesIntegers(node, index, () => false)) return true;
    if (!moving.has(node.opType)) return false;
  }
  return false;
}
