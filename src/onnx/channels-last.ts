/** Which tensors of four axes have their channels last, `[n, h, w, K]`, by the nodes around them. */

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

type AxisOrder = { readonly last: boolean; readonly why: string };

/** Why a tensor's channels are last, as text; `undefined` where they are first, or nothing shows it. */
export function channelsLast(
  index: GraphIndex,
  shapes: ReadonlyMap<string, Shape>,
  tensor: string,
): string | undefined {
  const seen = new Set([tensor]);
  const queue = [tensor];
  for (let at = 0; at < queue.length && at < MOST_NODES; at++) {
    const name = queue[at];
    const maker = index.producer(name);
    const layouts = [
      ...(maker ? [made(index, maker)] : []),
      ...index.consumers(name).map((node) => readBy(index, node, name)),
    ];
    const found = layouts.find((layout) => layout !== undefined);
    if (found) return found.last ? found.why : undefined;
    const near = [
      ...(maker && keeping.has(maker.opType) ? maker.inputs : []),
      ...index.consumers(name).flatMap((node) => (keeping.has(node.opType) ? node.outputs : [])),
    ];
    for (const next of near) {
      if (seen.has(next) || index.constant(next) || (shapes.get(next)?.length ?? 4) !== 4) continue;
      seen.add(next);
      queue.push(next);
    }
  }
  return undefined;
}

const last = (node: Node, does: string): AxisOrder => ({ last: true, why: `${node.opType} ${does}` });
const FIRST: AxisOrder = { last: false, why: '' };

/** The layout of a node's output. */
function made(index: GraphIndex, node: Node): AxisOrder | undefined {
  const perm = permutation(node);
  if (perm === '0,2,3,1') return last(node, 'moves them there');
  if (perm === '0,3,1,2' || channelsFirst.has(node.opType)) return FIRST;
  if (normalisesLast(node)) return last(node, 'normalises over the last axis');
  return isLinear(index, node) ? last(node, 'makes the last axis of weights') : undefined;
}

/** The layout that a node expects of its input. */
function readBy(index: GraphIndex, node: Node, tensor: string): AxisOrder | undefined {
  if (node.inputs[0] !== tensor) return undefined;
  const perm = permutation(node);
  if (perm === '0,3,1,2') return last(node, 'moves the last axis to the front after it');
  if (perm === '0,2,3,1' || channelsFirst.has(node.opType)) return FIRST;
  if (normalisesLast(node)) return last(node, 'normalises over the last axis after it');
  if (isLinear(index, node)) return last(node, 'weights the last axis after it');
  if (node.opType !== 'ReduceMean') return undefined;
  const axes = reduced(index, node);
  if (axes === '1,2') return last(node, 'takes the mean over the two axes in the middle');
  if (axes === '2,3') return FIRST;
  const [mean = ''] = node.outputs;
  // Mean and difference from it: a normalisation of simpler operators.
  const isCentred = index.consumers(mean).some((next) => next.opType === 'Sub' && next.inputs[0] === tensor);
  return axes === '3' && isCentred ? last(node, 'and Sub normalise over the last axis after it') : undefined;
}

const permutation = (node: Node): string | undefined =>
  node.opType === 'Transpose' ? intsAttribute(node, 'perm')?.join() : undefined;

const normalisesLast = (node: Node): boolean =>
  node.opType === 'LayerNormalization' && [-1, 3].includes(intAttribute(node, 'axis', -1));

/** A product with weights, which contracts the last axis. */
const isLinear = (index: GraphIndex, { opType, inputs }: Node): boolean =>
  opType === 'MatMul' && index.constant(inputs[1] ?? '')?.dims.length === 2;

function reduced(index: GraphIndex, node: Node): string | undefined {
  const given = index.constant(node.inputs[1] ?? '');
  const axes = intsAttribute(node, 'axes') ?? (given && toNumbers(given));
  return axes
    ?.map((axis) => (axis < 0 ? axis + 4 : axis))
    .sort()
    .join();
}
