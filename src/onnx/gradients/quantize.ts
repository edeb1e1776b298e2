/**
 * Quantisation, straight through: rounding counts as the identity. The cotangent of a quantised tensor is
 * dS/d(integer), as if integers were real numbers: real = scale · (integer - zero point). It passes whatever
 * moves quantised elements as it is. Scales and zero points have no cotangent.
 */

import { intAttribute } from '../attributes.js';
import { type DataType, dataTypes, type Node } from '../model.js';
import { toFloat32 } from '../values.js';
import { axisOf, range, rankOf } from './axes.js';
import type { Builder } from './builder.js';
import { type GradientRules, notCovered, ofOutput } from './rule.js';

/** The smallest and largest number of the types that are covered. */
const limits: ReadonlyMap<DataType, readonly [number, number]> = new Map([
  ['uint8', [0, 255]],
  ['int8', [-128, 127]],
  ['uint16', [0, 65535]],
  ['int16', [-32768, 32767]],
]);

/**
 * Passes where x is rounded to a number of the quantised type, not where it is cut off at the type's limits:
 * quantising tools leave a Relu or Clip out whose bounds these limits are.
 */
const quantizeLinear = ofOutput((node, g, b) => {
  const [input] = node.inputs;
  const { low, high, scales, dims } = realLimits(node, b);
  const centre = b.floats(
    low.map((value, i) => (value + high[i]) / 2),
    dims,
  );
  const reach = b.floats(
    low.map((value, i) => (high[i] - value) / 2),
    dims,
  );
  const distance = b.op('Abs', [b.sub(b.forward(input), centre)]);
  return [b.where(b.op('LessOrEqual', [distance, reach]), b.div(g, b.floats(scales, dims)))];
});

interface IntegerRange {
  /** The smallest real number that is not cut off, per scale. */
  readonly low: readonly number[];
  readonly high: readonly number[];
  readonly scales: readonly number[];
  /** That align the scales with x. */
  readonly dims: readonly number[];
}

function realLimits(node: Node, b: Builder): IntegerRange {
  const [input, scale, zeroPoint] = node.inputs;
  const scales = b.constant(scale);
  const zeros = b.constant(zeroPoint);
  if (!scales || (zeroPoint && !zeros))
    throw notCovered(node, 'a constant scale and zero point', 'one computed at run time');
  if (scales.dims.length > 1) throw notCovered(node, 'a scale for all or one per channel', 'one per block');
  const type = zeros?.dtype ?? dataTypes[intAttribute(node, 'output_dtype', 0) || dataTypes.indexOf('uint8')];
  const [smallest, largest] = limits.get(type) ?? [];
  if (smallest === undefined || largest === undefined)
    throw notCovered(node, 'a quantised type of 8 or 16 bits', type);
  const offsets = zeros && toFloat32(zeros);
  const steps = Array.from(toFloat32(scales));
  const bounds = steps.map((step, i) => {
    const zero = offsets?.[i] ?? 0;
    return { low: (smallest - 0.5 - zero) * step, high: (largest + 0.5 - zero) * step };
  });
  const isPerChannel = bounds.length > 1;
  return {
    low: bounds.map(({ low }) => low),
    high: bounds.map(({ high }) => high),
    scales: steps,
    dims: isPerChannel
      ? [bounds.length, ...range(axisOf(node, 1, b) + 1, rankOf(node, input, b)).map(() => 1)]
      : [],
  };
}

const dequantizeLinear = ofOutput((node, g, b) => {
  const [input, scale] = node.inputs;
  const shape = b.staticShape(scale);
  if (shape && shape.length > 1)
    throw notCovered(node, 'a scale for all or one per channel', 'one per block');
  const steps = b.forward(scale);
  if (!shape || shape.length === 0) return [b.mul(g, steps)];
  const rank = rankOf(node, input, b);
  // One number for all has no axis.
  const axis = shape[0] === 1 ? rank - 1 : axisOf(node, 1, b);
  return [b.mul(g, b.reshape(steps, [-1, ...range(axis + 1, rank).map(() => 1)]))];
});

export const rules: GradientRules = {
  QuantizeLinear: quantizeLinear,
  DequantizeLinear: dequantizeLinear,
  'com.microsoft:QuantizeLinear': quantizeLinear,
  'com.microsoft:DequantizeLinear': dequantizeLinear,
};
