/** Conv and ConvTranspose, in any number of spatial dimensions. */

import { intAttribute } from '../attributes.js';
import type { Node } from '../model.js';
import type { Builder, Value } from './builder.js';
import { type GradientRules, notCovered, ofOutput } from './rule.js';
import { correlate, spread, weightCotangent } from './sliding.js';
import { kernelOf, slidingWindow, spatialAxes, transposedWindow } from './window.js';

/** Weights `[O, C/groups, …]`. Needs lengths neither of the batch nor of the image before the run. */
const conv = ofOutput((node, g, b) => {
  const [x, weights] = node.inputs;
  const window = slidingWindow(node, kernelOf(node, weights, b), x, g, b);
  const group = intAttribute(node, 'group', 1);
  return [
    spread(g, b.forward(weights), window, group, b),
    b.wants(weights)
      ? weightCotangent(b.forward(x), g, window, { group, perGroup: perGroup(node, group, b) }, b)
      : undefined,
    biasCotangent(g, window, b),
  ];
});

/**
 * The adjoint of a convolution with the same weights, `[C, O/groups, …]`: image and cotangent change places.
 */
const convTranspose = ofOutput((node, g, b) => {
  const [x, weights] = node.inputs;
  const window = transposedWindow(node, kernelOf(node, weights, b), x, g, b);
  const group = intAttribute(node, 'group', 1);
  return [
    correlate(g, b.forward(weights), window, group, b),
    b.wants(weights)
      ? weightCotangent(g, b.forward(x), window, { group, perGroup: perGroup(node, group, b) }, b)
      : undefined,
    biasCotangent(g, window, b),
  ];
});

function biasCotangent(g: Value, window: { readonly kernel: readonly number[] }, b: Builder): Value {
  return b.reduceSum(g, [0, ...spatialAxes(window)], false);
}

/** Second length of the weights; several groups can't be told apart without it. */
function perGroup(node: Node, group: number, b: Builder): number {
  const length = b.staticShape(node.inputs[1])?.[1];
  if (typeof length === 'number') return length;
  if (group === 1) return -1;
  throw notCovered(node, 'a known number of channels per group', 'one that is known only at run time');
}

export const rules: GradientRules = { Conv: conv, ConvTranspose: convTranspose };
