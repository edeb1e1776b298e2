/** Normalisation; BatchNormalization has a file of its own. */

import { floatAttribute, intAttribute, intsAttribute } from '../attributes.js';
import { axisIn, axisOf, lengthOf, range, rankOf } from './axes.js';
import { batchNormalization } from './batch-normalization.js';
import type { Builder, Value } from './builder.js';
import { type GradientRule, type GradientRules, notCovered, ofOutput } from './rule.js';
import { standardize, standardizeLast, unstandardize } from './standardize.js';

/** `[C]` → `[C, 1, …]`, beside `[n, C, …]` of `rank` axes. */
function perChannel(value: Value, rank: number, b: Builder): Value {
  return rank > 2 ? b.op('Unsqueeze', [value, b.ints(range(1, rank - 1))]) : value;
}

/** y = x̂·scale + bias, x̂ standardised per image and channel. */
const instanceNormalization = ofOutput((node, g, b) => {
  const [input, scale] = node.inputs;
  const rank = rankOf(node, input, b);
  const axes = range(2, rank);
  const count = b.count(input, axes);
  const unit = standardize(b.forward(input), axes, count, floatAttribute(node, 'epsilon', 1e-5), b);
  const others = [0, ...axes];
  return [
    unstandardize(b.mul(g, perChannel(b.forward(scale), rank, b)), unit, axes, count, b),
    b.reduceSum(b.mul(g, unit.value), others, false),
    b.reduceSum(g, others, false),
  ];
});

/**
 * y = x̂·scale + bias, x̂ standardised over all axes from `axis` on. The statistics may be outputs, but carry
 * no cotangent.
 */
const layerNormalization: GradientRule = (node, [g, ...statistics], b) => {
  if (!g || statistics.some((cotangent) => cotangent))
    throw notCovered(
      node,
      'a score that depends on its first output alone',
      'one that depends on its statistics',
    );
  const [input, scale, bias] = node.inputs;
  const axis = axisOf(node, -1, b);
  const axes = range(axis, rankOf(node, input, b));
  const count = b.count(input, axes);
  const epsilon = floatAttribute(node, 'epsilon', 1e-5);
  const x = b.forward(input);
  const unit = standardizeLast(x, axis, epsilon, b) ?? standardize(x, axes, count, epsilon, b);
  return [
    unstandardize(b.mul(g, b.forward(scale)), unit, axes, count, b),
    b.sumTo(b.mul(g, unit.value), scale),
    bias ? b.sumTo(g, bias) : undefined,
  ];
};

function divided(count: Value, by: number, b: Builder): Value {
  const [known] = count.elements ?? [];
  return typeof known === 'number' ? b.scalar(known / by) : b.div(count, b.scalar(by));
}

/**
 * y = x̂·scale + bias, x̂ standardised per image and group of channels. Scale and bias are one per group up
 * to opset 20, one per channel from 21 on.
 */
const groupNormalization = ofOutput((node, g, b) => {
  const [input, scale] = node.inputs;
  const rank = rankOf(node, input, b);
  const groups = intAttribute(node, 'num_groups', 1);
  const grouped = (value: Value) => b.op('Reshape', [value, b.ints([0, groups, -1])]);
  const count = divided(b.count(input, range(1, rank)), groups, b);
  const unit = standardize(grouped(b.forward(input)), [2], count, floatAttribute(node, 'epsilon', 1e-5), b);
  if (b.opset < 21) {
    const cotangent = grouped(g);
    const scaled = b.mul(cotangent, perChannel(b.forward(scale), 3, b));
    return [
      b.reshapeLike(unstandardize(scaled, unit, [2], count, b), input),
      b.reduceSum(b.mul(cotangent, unit.value), [0, 2], false),
      b.reduceSum(cotangent, [0, 2], false),
    ];
  }
  const scaled = grouped(b.mul(g, perChannel(b.forward(scale), rank, b)));
  const others = [0, ...range(2, rank)];
  return [
    b.reshapeLike(unstandardize(scaled, unit, [2], count, b), input),
    b.reduceSum(b.mul(g, b.reshapeLike(unit.value, input)), others, false),
    b.reduceSum(g, others, false),
  ];
});

/**
 * ε of ONNX's definition is added to the deviation; squared and inside the root it does the same where it
 * matters.
 */
const MEAN_VARIANCE_EPSILON = 1e-18;

/** y = x̂, standardised over `axes`: batch and space unless told. */
const meanVarianceNormalization = ofOutput((node, g, b) => {
  const [input] = node.inputs;
  const rank = rankOf(node, input, b);
  const axes = (intsAttribute(node, 'axes') ?? [0, 2, 3])
    .map((axis) => axisIn(node, axis, rank))
    .sort((x, y) => x - y);
  const count = b.count(input, axes);
  const unit = standardize(b.forward(input), axes, count, MEAN_VARIANCE_EPSILON, b);
  return [unstandardize(g, unit, axes, count, b)];
});

/**
 * y = x·s^-β with s = bias + α·(mean of x² over `size` neighbouring channels, those outside counted as 0):
 * dx = g·s^-β - 2αβ·x·(mean of g·x·s^(-β-1) over the channels whose window holds this one).
 */
const lrn = ofOutput((node, g, b) => {
  const [input] = node.inputs;
  const size = intAttribute(node, 'size', 1);
  const alpha = floatAttribute(node, 'alpha', 1e-4);
  const beta = floatAttribute(node, 'beta', 0.75);
  const before = Math.floor((size - 1) / 2);
  const behind = size - 1 - before;
  // [n, 1, C, positions]: channels are what the window slides over.
  const layout = b.vector([0, 1, lengthOf(input, 1, b), -1]);
  const [x, cotangent] = [b.forward(input), g].map((value) => b.reshape(value, layout));
  const slidingMean = (value: Value, first: number, last: number) =>
    b.op('AveragePool', [value], {
      kernel_shape: [size, 1],
      pads: [first, 0, last, 0],
      count_include_pad: 1,
    });
  const s = b.add(
    b.scale(slidingMean(b.square(x), before, behind), alpha),
    b.scalar(floatAttribute(node, 'bias', 1)),
  );
  const direct = b.mul(cotangent, b.op('Pow', [s, b.scalar(-beta)]));
  const shared = slidingMean(b.div(b.mul(direct, x), s), behind, before);
  return [b.reshapeLike(b.sub(direct, b.scale(b.mul(x, shared), 2 * alpha * beta)), input)];
});

/**
 * y = x / ‖x‖ along an axis: (g - u·Σ g·y) / ‖x‖ with u = y for p = 2, the sign of x for p = 1; 0 where ‖x‖ =
 * 0.
 */
const lpNormalization = ofOutput((node, g, b) => {
  const [input] = node.inputs;
  const axes = [axisOf(node, -1, b)];
  const x = b.forward(input);
  const isEuclidean = intAttribute(node, 'p', 2) === 2;
  const norm = isEuclidean
    ? b.op('Sqrt', [b.reduceSum(b.square(x), axes)])
    : b.reduceSum(b.op('Abs', [x]), axes);
  const y = b.forward(node.outputs[0]);
  const direction = isEuclidean ? y : b.op('Sign', [x]);
  const inverse = b.where(b.op('Greater', [norm, b.scalar(0)]), b.op('Reciprocal', [norm]));
  const along = b.reduceSum(b.mul(g, y), axes);
  return [b.mul(b.sub(g, b.mul(direction, along)), inverse)];
});

export const rules: GradientRules = {
  BatchNormalization: batchNormalization,
  InstanceNormalization: instanceNormalization,
  LayerNormalization: layerNormalization,
  GroupNormalization: groupNormalization,
  MeanVarianceNormalization: meanVarianceNormalization,
  LRN: lrn,
  LpNormalization: lpNormalization,
};
