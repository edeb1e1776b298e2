/** BatchNormalization with the statistics it was trained to: linear in x. */

import { floatAttribute, intAttribute } from '../attributes.js';
import type { Node } from '../model.js';
import { toFloat32 } from '../values.js';
import { range, rankOf } from './axes.js';
import type { Builder, Value } from './builder.js';
import { notCovered, ofOutput } from './rule.js';

/**
 * y = (x - mean)·f + bias with f = scale / √(variance + ε), all per channel; before opset 9 (`spatial` 0) per
 * position. Mean and variance have cotangents too: a model may compute them.
 */
export const batchNormalization = ofOutput((node, g, b) => {
  const [input, , , mean] = node.inputs;
  const [scale, variance] = [node.inputs[1], node.inputs[4]];
  if (intAttribute(node, 'training_mode', 0) === 1 || node.outputs.slice(1).some((output) => output !== ''))
    throw notCovered(node, 'inference', 'training mode');
  const rank = rankOf(node, input, b);
  const isSpatial = intAttribute(node, 'spatial', 1) === 1;
  const others = isSpatial ? [0, ...range(2, rank)] : [0];
  const aligned = (value: Value) =>
    isSpatial && rank > 2 ? b.op('Unsqueeze', [value, b.ints(range(1, rank - 1))]) : value;

  const epsilon = floatAttribute(node, 'epsilon', 1e-5);
  const inverse = b.op('Reciprocal', [b.op('Sqrt', [b.add(b.forward(variance), b.scalar(epsilon))])]);
  const computed = b.mul(b.forward(scale), inverse);
  const known = knownFactor(node, epsilon, b);
  const factor = known
    ? b.floats(known, isSpatial ? [known.length, ...range(2, rank).map(() => 1)] : b.constant(scale)?.dims)
    : aligned(computed);

  const total = b.reduceSum(g, others, false);
  const centred = b.sub(b.forward(input), aligned(b.forward(mean)));
  const slope = b.mul(b.reduceSum(b.mul(g, centred), others, false), inverse);
  return [
    b.mul(g, factor),
    slope,
    total,
    b.neg(b.mul(total, computed)),
    b.scale(b.mul(b.mul(slope, computed), inverse), -0.5),
  ];
});

/** The factor, where scale and variance are constants that stay as they are. */
function knownFactor({ inputs }: Node, epsilon: number, b: Builder): Float32Array | undefined {
  const [scale, variance] = [inputs[1], inputs[4]].map((tensor) => {
    const constant = b.wants(tensor) ? undefined : b.constant(tensor);
    return constant && !constant.external ? toFloat32(constant) : undefined;
  });
  return scale && variance?.map((value, i) => scale[i] / Math.sqrt(value + epsilon));
}
