/**
 * Reductions over axes, which are an attribute in old opsets and an input in newer ones; and running sums.
 */

import { intAttribute } from '../attributes.js';
import type { Node } from '../model.js';
import { axisIn, listOf, range, rankOf } from './axes.js';
import type { Builder, Value } from './builder.js';
import { type GradientRule, type GradientRules, ofOutput } from './rule.js';

/** What a reduction's rule is given; `x` and `y` are read only where they are looked at. */
interface Reduction {
  readonly b: Builder;
  /** The output's cotangent, with length 1 along the axes. */
  readonly g: Value;
  readonly input: string;
  readonly axes: readonly number[];
  readonly x: Value;
  /** The output, with length 1 along the axes. */
  readonly y: Value;
}

/** @param vjp The input's cotangent, or what is left of it to repeat along the axes. */
function reduction(vjp: (reduction: Reduction) => Value): GradientRule {
  return ofOutput((node, g, b) => {
    const { inputs, outputs } = node;
    const axes = axesOf(node, b);
    const kept = (value: Value) =>
      intAttribute(node, 'keepdims', 1) === 1 || axes.length === 0
        ? value
        : b.op('Unsqueeze', [value, b.ints(axes)]);
    const cotangent = vjp({
      b,
      axes,
      input: inputs[0],
      g: kept(g),
      get x() {
        return b.forward(inputs[0]);
      },
      get y() {
        return kept(b.forward(outputs[0]));
      },
    });
    return [b.expandLike(cotangent, inputs[0])];
  });
}

/** All axes where none are given, unless that means none at all. */
function axesOf(node: Node, b: Builder): readonly number[] {
  const rank = rankOf(node, node.inputs[0], b);
  const axes = listOf(node, 'axes', 1, b) ?? [];
  if (axes.length === 0) return intAttribute(node, 'noop_with_empty_axes', 0) === 1 ? [] : range(0, rank);
  return axes.map((axis) => axisIn(node, axis, rank)).sort((x, y) => x - y);
}

/** The largest or smallest elements share equally. */
const extreme = reduction(({ b, g, x, y, axes }) => {
  const isExtreme = b.op('Equal', [x, y]);
  const ties = b.reduceSum(b.cast(isExtreme, 'float32'), axes);
  return b.where(isExtreme, b.div(g, ties));
});

/** x / ‖x‖, 0 where ‖x‖ = 0. */
const euclidean = reduction(({ b, g, x, y }) =>
  b.mul(x, b.where(b.op('Greater', [y, b.scalar(0)]), b.div(g, y))),
);

/**
 * The product of all other elements. It is P / x, with P the product of the elements that are not 0, where no
 * element is 0; P at the one element that is 0; and 0 beside an element that is 0. P is made of logarithms
 * and a parity, as ReduceProd's axes are written differently from opset 18 on.
 */
const otherFactors = reduction(({ b, g, x, axes }) => {
  const one = b.scalar(1);
  const isZero = b.op('Equal', [x, b.scalar(0)]);
  const factors = b.op('Where', [isZero, one, x]);
  const magnitude = b.op('Exp', [b.reduceSum(b.op('Log', [b.op('Abs', [factors])]), axes)]);
  const negative = b.reduceSum(b.cast(b.op('Less', [x, b.scalar(0)]), 'float32'), axes);
  const parity = b.op('Mod', [negative, b.scalar(2)], { fmod: 1 });
  const product = b.mul(magnitude, b.sub(one, b.scale(parity, 2)));
  const zero = b.cast(isZero, 'float32');
  const isOnly = b.op('Equal', [b.reduceSum(zero, axes), zero]);
  return b.where(isOnly, b.div(b.mul(g, product), factors));
});

/** The same sum, run through from the other end. */
const cumSum = ofOutput((node, g, b) => [
  b.op('CumSum', [g, b.forward(node.inputs[1], 'int64')], {
    exclusive: intAttribute(node, 'exclusive', 0),
    reverse: 1 - intAttribute(node, 'reverse', 0),
  }),
]);

export const rules: GradientRules = {
  ReduceSum: reduction(({ g }) => g),
  ReduceMean: reduction(({ b, g, input, axes }) => b.div(g, b.count(input, axes))),
  ReduceMax: extreme,
  ReduceMin: extreme,
  ReduceL1: reduction(({ b, g, x }) => b.mul(g, b.op('Sign', [x]))),
  ReduceL2: euclidean,
  ReduceSumSquare: reduction(({ b, g, x }) => b.mul(x, b.scale(g, 2))),
  ReduceLogSum: reduction(({ b, g, y }) => b.mul(g, b.op('Exp', [b.neg(y)]))),
  ReduceLogSumExp: reduction(({ b, g, x, y }) => b.mul(g, b.op('Exp', [b.sub(x, y)]))),
  ReduceProd: otherFactors,
  CumSum: cumSum,
};
