/**
 * Products of integers, as dynamic quantisation writes them, straight through: see `quantize.ts`. The slope
 * of a product is the other factor less its zero point; scales are nodes of their own behind it.
 */

import { intAttribute } from '../attributes.js';
import { dataTypes, type Node } from '../model.js';
import { rankOf } from './axes.js';
import type { Builder, Value } from './builder.js';
import { matrixCotangents } from './linear.js';
import { type GradientRules, notCovered, ofOutput } from './rule.js';
import { spread } from './sliding.js';
import { kernelOf, slidingWindow } from './window.js';

/** The scale follows the range of x, so that nothing is cut off. */
const dynamicQuantizeLinear = ofOutput((node, g, b) => [b.div(g, b.forward(node.outputs[1]))]);

/** A tensor of integers as real numbers, less its zero point, which broadcasts to it in these dims. */
function centred(tensor: string, zeroPoint: string | undefined, dims: readonly number[], b: Builder): Value {
  const values = real(tensor, b);
  if (!zeroPoint) return values;
  const zeros = real(zeroPoint, b);
  return b.sub(values, (b.rank(zeroPoint) ?? 0) > 0 ? b.reshape(zeros, dims) : zeros);
}

/** The type of computed integers is not always stated: where they are float32 already the cast is none. */
const real = (tensor: string, b: Builder): Value =>
  b.constant(tensor)
    ? b.forward(tensor)
    : b.op('Cast', [b.forward(tensor)], { to: dataTypes.indexOf('float32') });

/** Inputs: x, weights, and their zero points. */
const convInteger = ofOutput((node, g, b) => {
  const [x, weights, , zeroPoint] = node.inputs;
  if (b.wants(weights)) throw notCovered(node, 'constant weights', 'weights computed at run time');
  const kernel = kernelOf(node, weights, b);
  const window = slidingWindow(node, kernel, x, g, b);
  const perFilter = [-1, 1, ...kernel.map(() => 1)];
  return [spread(g, centred(weights, zeroPoint, perFilter, b), window, intAttribute(node, 'group', 1), b)];
});

/** A's zero point is one number or one per row, B's one number or one per column. */
function product(node: Node, g: Value, zeros: readonly [string?, string?], b: Builder) {
  const [first, second] = node.inputs;
  if ([first, second].some((name) => rankOf(node, name, b) < 2))
    throw notCovered(node, 'matrices', 'a vector');
  const x = centred(first, zeros[0], [-1, 1], b);
  const y = centred(second, zeros[1], [1, -1], b);
  return matrixCotangents(node, g, { x, y }, b);
}

const matMulInteger = ofOutput((node, g, b) => {
  const [, , zeroA, zeroB] = node.inputs;
  return product(node, g, [zeroA, zeroB], b);
});

/** y = scaleA·scaleB·(A - zeroA)·(B - zeroB) + bias */
const matMulIntegerToFloat = ofOutput((node, g, b) => {
  const [, , scaleA, scaleB, zeroA, zeroB, bias] = node.inputs;
  const scaled = b.mul(b.mul(g, b.forward(scaleA)), b.forward(scaleB));
  const [first, second] = product(node, scaled, [zeroA, zeroB], b);
  return [first, second, undefined, undefined, undefined, undefined, bias ? b.sumTo(g, bias) : undefined];
});

/** y = A·scaleB·(B - zeroB) + bias, where A is quantised on the way. */
const dynamicQuantizeMatMul = ofOutput((node, g, b) => {
  const [, , scaleB, zeroB, bias] = node.inputs;
  const [first] = product(node, b.mul(g, b.forward(scaleB)), [undefined, zeroB], b);
  return [first, undefined, undefined, undefined, bias ? b.sumTo(g, bias) : undefined];
});

export const rules: GradientRules = {
  DynamicQuantizeLinear: dynamicQuantizeLinear,
  ConvInteger: convInteger,
  MatMulInteger: matMulInteger,
  'com.microsoft:DynamicQuantizeMatMul': dynamicQuantizeMatMul,
  'com.microsoft:MatMulIntegerToFloat': matMulIntegerToFloat,
};
