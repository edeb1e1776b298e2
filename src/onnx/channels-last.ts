/** Where tensors `[n, h, w, K]`, or tokens `[n, t, K]`, have their channels, by the nodes around them. */

import { intAttribute, intsAttribute } from './attributes.js';
import type { Node, Shape } from './model.js';
import { toNumbers } from './values.js';
import type { GraphIndex } from './walk.js';

/** Operators whose input and output are `[n, K, h, w]` by definition. */
const channelsFirst = new Set(
  `Conv ConvTranspose MaxPool AveragePool LpPool GlobalAveragePool GlobalMaxPool BatchNormalization InstanceNormalization
  GroupNormalization LRN DepthToSpace SpaceToDepth ConvInteger QLinearConv`.split(/\s+/),
);

/** Operators that keep the order of axes. */
const keeping = new Set(
  `Add Sub Mul Div Pow Sqrt Relu LeakyRelu PRelu Clip Sigmoid HardSigmoid HardSwish Tanh Erf Exp Neg Abs Elu Selu Celu Gelu Mish Softplus
  Identity Dropout Cast QuantizeLinear DequantizeLinear Where Min Max Pad Slice Concat`.split(/\s+/),
);

/** Most tensors that are visited: farther away other layouts may begin. */
const MOST_NODES = 200;

/** Where the channels of a tensor stand: behind the batch, or in the last axis. */
type Channels = 'first' | 'last';

/** Whether the surroundings of a tensor show that its channels are last. */
export const isChannelsLast = (
  index: GraphIndex,
  shapes: ReadonlyMap<string, Shape>,
  tensor: string,
): boolean => channelsOf(index, shapes, tensor, 4) === 'last';

/**
 * Where the channels of a tensor stand, as far as its surroundings show it.
 * @param rank  Its number of axes.
 */
export function channelsOf(
  index: GraphIndex,
  shapes: ReadonlyMap<string, Shape>,
  tensor: string,
  rank: 3 | 4,
): Channels | undefined {
  const seen = new Set([tensor]);
  const queue = [tensor];
  for (let at = 0; at < queue.length && at < MOST_NODES; at++) {
    const name = queue[at];
    const maker = index.producer(name);
    const layouts = [
      ...(maker ? [made(index, maker, rank)] : []),
      ...index.consumers(name).map((node) => readBy(index, node, name, rank)),
    ];
    const found = layouts.find((layout) => layout !== undefined);
    if (found) return found;
    const near = [
      ...(maker && keeping.has(maker.opType) ? maker.inputs : []),
      ...index.consumers(name).flatMap((node) => (keeping.has(node.opType) ? node.outputs : [])),
    ];
    for (const next of near) {
      if (seen.has(next) || index.constant(next) || (shapes.get(next)?.length ?? rank) !== rank) continue;
      seen.add(next);
      queue.push(next);
    }
  }
  return undefined;
}

/** Where a node's output has its channels. */
function made(index: GraphIndex, node: Node, rank: number): Channels | undefined {
  const perm = permutation(node);
  if (perm === '0,2,3,1') return 'last';
  if (perm === '0,3,1,2' || channelsFirst.has(node.opType)) return 'first';
  if (normalisesLast(node, rank)) return 'last';
  return isLinear(index, node) ? 'last' : undefined;
}

/** Where a node expects the channels of its input. */
function readBy(index: GraphIndex, node: Node, tensor: string, rank: number): Channels | undefined {
  if (node.inputs[0] !== tensor) return undefined;
  const perm = permutation(node);
  if (perm === '0,3,1,2') return 'last';
  if (perm === '0,2,3,1' || channelsFirst.has(node.opType)) return 'first';
  if (normalisesLast(node, rank)) return 'last';
  if (isLinear(index, node)) return 'last';
  if (node.opType !== 'ReduceMean') return undefined;
  const axes = reduced(index, node, rank);
  if (axes === '1,2' && rank === 4) return 'last';
  if (axes === '2,3' && rank === 4) return 'first';
  const [mean = ''] = node.outputs;
  // Mean and difference from it: a normalisation of simpler operators.
  const isCentred = index.consumers(mean).some((next) => next.opType === 'Sub' && next.inputs[0] === tensor);
  if (axes === '1' && rank === 3 && !isCentred) return 'last';
  return axes === String(rank - 1) && isCentred ? 'last' : undefined;
}

const permutation = (node: Node): string | undefined =>
  node.opType === 'Transpose' ? intsAttribute(node, 'perm')?.join() : undefined;

const normalisesLast = (node: Node, rank: number): boolean =>
  node.opType === 'LayerNormalization' && [-1, rank - 1].includes(intAttribute(node, 'axis', -1));

/** A product with weights, which contracts the last axis. */
const isLinear = (index: GraphIndex, { opType, inputs }: Node): boolean =>
  opType === 'MatMul' && index.constant(inputs[1] ?? '')?.dims.length === 2;

function reduced(index: GraphIndex, node: Node, rank: number): string | undefined {
  const given = index.constant(node.inputs[1] ?? '');
  const axes = intsAttribute(node, 'axes') ?? (given && toNumbers(given));
  return axes
    ?.map((axis) => (axis < 0 ? axis + rank : axis))
    .sort()
    .join();
}
