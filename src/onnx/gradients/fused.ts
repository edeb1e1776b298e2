/**
 * Operators that ONNX Runtime's optimiser writes into files (`com.microsoft`): a product and an activation in
 * one.
 */

import { floatAttribute, intAttribute, stringAttribute } from '../attributes.js';
import type { Attribute, Node } from '../model.js';
import { rules as activation } from './activation.js';
import { range, rankOf } from './axes.js';
import type { Builder, Value } from './builder.js';
import { rules as convolution } from './convolution.js';
import { rules as linear } from './linear.js';
import { type GradientRules, notCovered, ofOutput } from './rule.js';

/** The slope of the activation, read from what came out: what went in is no tensor of the graph. */
function throughActivation(node: Node, g: Value, params: readonly number[], b: Builder): Value {
  const kind = stringAttribute(node, 'activation', '');
  if (kind === '') return g;
  const [output] = node.outputs;
  if (kind === 'Clip') {
    const [min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY] = params;
    const y = b.forward(output);
    const inside = b.op('And', [b.op('Greater', [y, b.scalar(min)]), b.op('Less', [y, b.scalar(max)])]);
    return b.where(inside, g);
  }
  const [alpha] = params;
  if (!fromOutput.has(kind) || (kind === 'LeakyRelu' && alpha !== undefined && alpha <= 0))
    throw notCovered(node, `one of the activations ${[...fromOutput, 'Clip'].join(', ')}`, kind);
  const attributes = new Map<string, Attribute>(
    alpha === undefined ? [] : [['alpha', { type: 'float', value: alpha }]],
  );
  const [through] = activation[kind]({ ...node, opType: kind, inputs: [], attributes }, [g], b);
  return through ?? g;
}

/** Activations whose rules look at the output alone. */
const fromOutput = new Set(['Relu', 'LeakyRelu', 'Sigmoid', 'Tanh', 'HardSigmoid']);

/** y = f(conv(x, w, b) + z) */
const fusedConv = ofOutput((node, g, b) => {
  const params = node.attributes.get('activation_params');
  const inner = throughActivation(node, g, params?.type === 'floats' ? params.value : [], b);
  const [x = '', weights = '', bias = '', sum] = node.inputs;
  const product = convolution.Conv({ ...node, inputs: bias ? [x, weights, bias] : [x, weights] }, [inner], b);
  return [product[0], product[1], bias ? product[2] : undefined, sum ? inner : undefined];
});

/** y = f(alpha·A'·B' + beta·C) */
const fusedGemm = ofOutput((node, g, b) => {
  const alpha = node.attributes.has('activation_alpha') ? [floatAttribute(node, 'activation_alpha', 0)] : [];
  return linear.Gemm(node, [throughActivation(node, g, alpha, b)], b);
});

/** y = alpha·A'·B' of matrices and batches of them, where ' transposes the last two axes or not. */
const fusedMatMul = ofOutput((node, g, b) => {
  const [first, second] = node.inputs;
  if (intAttribute(node, 'transBatchA', 0) || intAttribute(node, 'transBatchB', 0))
    throw notCovered(node, 'batches in front of the matrices', 'transBatchA or transBatchB');
  const ranks = [rankOf(node, first, b), rankOf(node, second, b)];
  if (ranks.some((rank) => rank < 2)) throw notCovered(node, 'matrices', 'a vector');
  const most = Math.max(...ranks);
  const swap = (value: Value, rank: number): Value =>
    b.transpose(value, [...range(0, rank - 2), rank - 1, rank - 2]);
  const transposes = (name: string) => intAttribute(node, name, 0) !== 0;
  const [transA, transB] = [transposes('transA'), transposes('transB')];
  const scaled = b.scale(g, floatAttribute(node, 'alpha', 1));
  const [x, y] = [b.forward(first), b.forward(second)];
  const left = b.op('MatMul', [scaled, transB ? y : swap(y, ranks[1])]);
  const right = b.op('MatMul', [transA ? x : swap(x, ranks[0]), scaled]);
  return [
    b.sumTo(transA ? swap(left, most) : left, first),
    b.sumTo(transB ? swap(right, most) : right, second),
  ];
});

/** x·sigmoid(alpha·x) with s the sigmoid: s + alpha·x·s·(1 - s). */
const quickGelu = ofOutput((node, g, b) => {
  const alpha = floatAttribute(node, 'alpha', 1.702);
  const x = b.scale(b.forward(node.inputs[0]), alpha);
  const s = b.op('Sigmoid', [x]);
  const bend = b.mul(x, b.mul(s, b.sub(b.scalar(1), s)));
  return [b.mul(g, b.add(s, bend))];
});

export const rules: GradientRules = {
  'com.microsoft:FusedConv': fusedConv,
  'com.microsoft:FusedGemm': fusedGemm,
  'com.microsoft:FusedMatMul': fusedMatMul,
  'com.microsoft:Gelu': activation.Gelu,
  'com.microsoft:QuickGelu': quickGelu,
};
