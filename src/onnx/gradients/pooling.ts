/** Pools that average or take norms; those that take the maximum have a file of their own. */

import { intAttribute } from '../attributes.js';
import type { Node } from '../model.js';
import { range, rankOf } from './axes.js';
import type { Builder, Value } from './builder.js';
import { rules as maxPooling } from './max-pooling.js';
import { type GradientRules, ofOutput } from './rule.js';
import { spread } from './sliding.js';
import { explicitPads, known, poolKernel, slidingWindow, type Window } from './window.js';

const averagePool = ofOutput((node, g, b) => {
  const [x] = node.inputs;
  const window = slidingWindow(node, poolKernel(node), x, g, b);
  const counted = countedShare(node, window, b);
  return [spreadMean(counted ? b.div(g, counted) : g, window, x, b)];
});

/** The adjoint of the mean over each window, all of its elements counted. */
function spreadMean(g: Value, w: Window, x: string, b: Builder): Value {
  const { kernel, strides, dilations, extents } = w;
  const [begin, end] = [known(w.begin), known(w.end)];
  const isDense = [...strides, ...dilations].every((step) => step === 1);
  if (begin && end && isDense) {
    // Each element is in as many windows as a window has elements: a mean again, over the cotangents.
    const pads = [...begin, ...end].map((pad, i) => extents[i % extents.length] - 1 - pad);
    return b.op('AveragePool', [g], { kernel_shape: kernel, pads, count_include_pad: 1 });
  }
  const area = size(kernel);
  const isTiling =
    [begin, end].every((list) => list?.every((pad) => pad === 0)) &&
    kernel.every((length, axis) => length === strides[axis] && dilations[axis] === 1);
  if (isTiling) {
    return b.op('Resize', [b.scale(g, 1 / area), undefined, b.floats([1, 1, ...strides])], {
      mode: 'nearest',
      coordinate_transformation_mode: 'asymmetric',
      nearest_mode: 'floor',
    });
  }
  const planes = b.reshape(g, b.vector([-1, 1, w.positions]));
  return b.reshapeLike(spread(planes, meanKernel(w, b), w, 1, b), x);
}

/** `[1, 1, …kernel]` */
function meanKernel({ kernel }: Window, b: Builder): Value {
  const area = size(kernel);
  return b.floats(
    range(0, area).map(() => 1 / area),
    [1, 1, ...kernel],
  );
}

/**
 * The share of each window that counts as part of the image, `[1, 1, …positions]`; `undefined` where all of
 * every window does. Padding counts where the node says so; what a window reaches beyond the padding
 * (ceil_mode) never does.
 */
function countedShare(node: Node, w: Window, b: Builder): Value | undefined {
  const none = b.ints(w.kernel.map(() => 0));
  const reach = b.op('Max', [w.end, none]);
  const includesPadding = intAttribute(node, 'count_include_pad', 0) === 1;
  if (includesPadding && intAttribute(node, 'ceil_mode', 0) === 0) return undefined;
  // Padding that auto_pad chooses is as long as windows reach.
  const pads = explicitPads(node, w.kernel.length);
  const after = pads ? b.ints(pads[1]) : reach;
  const counted = includesPadding ? b.add(b.add(w.image, w.begin), after) : w.image;
  const before = includesPadding ? none : w.begin;
  const behind = includesPadding ? b.op('Max', [b.sub(reach, after), none]) : reach;
  if ([before, behind].every((list) => known(list)?.every((pad) => pad === 0))) return undefined;
  const ones = b.op('Expand', [b.scalar(1), b.vector([1, 1, counted])]);
  const framed = b.op('Pad', [ones, b.vector([0, 0, before, 0, 0, behind])]);
  return b.op('Conv', [framed, meanKernel(w, b)], { strides: w.strides, dilations: w.dilations });
}

const globalAveragePool = ofOutput((node, g, b) => {
  const [x] = node.inputs;
  const axes = range(2, rankOf(node, x, b));
  return [b.expandLike(b.div(g, b.count(x, axes)), x)];
});

/** y = (Σ |x|^p)^(1/p): dy/dx = sign(x)·|x|^(p-1)·y^(1-p), 0 where y = 0. */
const lpPool = ofOutput((node, g, b) => {
  const [x] = node.inputs;
  const window = slidingWindow(node, poolKernel(node), x, g, b);
  const scaled = b.scale(overNorm(node, g, b), size(window.kernel));
  return [b.mul(spreadMean(scaled, window, x, b), powerSlope(node, b))];
});

const globalLpPool = ofOutput((node, g, b) => [b.mul(overNorm(node, g, b), powerSlope(node, b))]);

/** g·y^(1-p) */
function overNorm(node: Node, g: Value, b: Builder): Value {
  const p = intAttribute(node, 'p', 2);
  if (p === 1) return g;
  const y = b.forward(node.outputs[0]);
  const power = p === 2 ? y : b.op('Pow', [y, b.scalar(p - 1)]);
  return b.where(b.op('Greater', [y, b.scalar(0)]), b.div(g, power));
}

/** sign(x)·|x|^(p-1) */
function powerSlope(node: Node, b: Builder): Value {
  const p = intAttribute(node, 'p', 2);
  const x = b.forward(node.inputs[0]);
  if (p === 2) return x;
  const sign = b.op('Sign', [x]);
  return p === 1 ? sign : b.mul(sign, b.op('Pow', [b.op('Abs', [x]), b.scalar(p - 1)]));
}

function size(kernel: readonly number[]): number {
  return kernel.reduce((a, c) => a * c, 1);
}

export const rules: GradientRules = {
  ...maxPooling,
  AveragePool: averagePool,
  GlobalAveragePool: globalAveragePool,
  LpPool: lpPool,
  GlobalLpPool: globalLpPool,
};
