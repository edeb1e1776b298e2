/** Softmax and LogSoftmax; Hardmax is constant almost everywhere (`stops.ts`). */

import type { Node } from '../model.js';
import { axisOf, range } from './axes.js';
import type { Builder } from './builder.js';
import { type GradientRules, ofOutput } from './rule.js';

/** The axes that are normalised together: one since opset 13, that one and all behind it before. */
function normalizedAxes(node: Node, b: Builder): readonly number[] {
  if (b.opset >= 13) return [axisOf(node, -1, b)];
  return range(axisOf(node, 1, b), b.rank(node.inputs[0]) ?? 0);
}

/** y·(g - Σ g·y) */
const softmax = ofOutput((node, g, b) => {
  const y = b.forward(node.outputs[0]);
  return [b.mul(y, b.sub(g, b.reduceSum(b.mul(g, y), normalizedAxes(node, b))))];
});

/** g - softmax(x)·Σ g */
const logSoftmax = ofOutput((node, g, b) => {
  const probabilities = b.op('Exp', [b.forward(node.outputs[0])]);
  return [b.sub(g, b.mul(probabilities, b.reduceSum(g, normalizedAxes(node, b))))];
});

export const rules: GradientRules = { Softmax: softmax, LogSoftmax: logSoftmax };
