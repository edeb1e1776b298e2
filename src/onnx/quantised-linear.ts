/** A linear layer that is dynamically quantised: its input and its weights are rounded, its bias is not. */

import { intAttribute } from './attributes.js';
import { type Classifier, dataTypes, type Node } from './model.js';
import { product } from './shapes/rule.js';
import type { GraphIndex } from './walk.js';

export interface QuantisedLinear {
  readonly classifier: Classifier;
  readonly nodes: ReadonlySet<Node>;
  /** The product as real numbers, without the bias. */
  readonly output: string;
}

/**
 * The layer that begins with a DynamicQuantizeLinear: product of integers, Cast, product with the scales of
 * input and weights; `undefined` where other nodes follow.
 */
export function quantisedLinear(quantise: Node, index: GraphIndex): QuantisedLinear | undefined {
  const [integers = '', scale = '', zero = ''] = quantise.outputs;
  const multiply = only(index, integers);
  const cast = multiply && only(index, multiply.outputs[0] ?? '');
  const rescale = cast && only(index, cast.outputs[0] ?? '');
  if (!multiply || !cast || !rescale) return undefined;
  const [data, weight = '', zeroOfData, zeroPoint = ''] = multiply.inputs;
  const isProduct = multiply.opType === 'MatMulInteger' || multiply.opType === 'ConvInteger';
  const isReal = cast.opType === 'Cast' && dataTypes[intAttribute(cast, 'to', 0)] === 'float32';
  if (!isProduct || data !== integers || zeroOfData !== zero || !isReal || rescale.opType !== 'Mul')
    return undefined;
  const scales = rescale.inputs.filter((name) => name !== cast.outputs[0]);
  const joined = scales.length === 1 ? index.producer(scales[0] ?? '') : undefined;
  if (joined?.opType !== 'Mul' || !joined.inputs.includes(scale)) return undefined;
  const ofWeight = joined.inputs.find((name) => name !== scale) ?? '';
  const layout = multiply.opType === 'ConvInteger' ? 'CK' : 'KC';
  const stored = index.constant(weight);
  if (!stored || stored.dims.length !== (layout === 'CK' ? 4 : 2)) return undefined;
  // Scale and zero point are one number, or one per class where classes are the last axis.
  const most = layout === 'KC' ? (stored.dims[1] ?? 1) : 1;
  const fits = (name: string) => {
    const size = product(index.constant(name)?.dims ?? [undefined]);
    return size === 1 || size === most;
  };
  if (!fits(ofWeight) || (zeroPoint !== '' && !fits(zeroPoint))) return undefined;
  const quantised = { scale: ofWeight, ...(zeroPoint !== '' && { zeroPoint }) };
  return {
    classifier: { weight, layout, alpha: 1, beta: 1, quantised },
    nodes: new Set([quantise, multiply, cast, joined, rescale]),
    output: rescale.outputs[0] ?? '',
  };
}

/** The one node that reads a tensor. */
function only(index: GraphIndex, tensor: string): Node | undefined {
  const [node, ...others] = index.consumers(tensor);
  return others.length === 0 && node?.domain === '' ? node : undefined;
}
