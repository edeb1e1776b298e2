/** A model whose gradient can be written down. */

import { parseModel } from '../../../src/onnx/read.js';
import type { Feed } from '../../../src/runtime/types.js';
import { random } from '../../random.js';
import { type ModelSpec, model, node, weights } from '../build.js';

/** `x [n, 4]` → `layer [n, 4]` → relu, twice used → `logits [n, 3]` → `probabilities`. */
export const perceptron: ModelSpec = {
  inputs: { x: ['n', 4] },
  nodes: [
    node('Mul', ['x', 'scale'], ['layer']),
    node('Relu', ['layer'], ['relu']),
    node('Mul', ['relu', 'relu'], ['square']),
    node('Add', ['square', 'layer'], ['sum']),
    node('MatMul', ['sum', 'w'], ['product']),
    node('Add', ['product', 'bias'], ['logits']),
    node('Softmax', ['logits'], ['probabilities'], { axis: 1 }),
  ],
  initializers: { scale: weights([4], 3), w: weights([4, 3]), bias: weights([3], 2) },
  outputs: { probabilities: ['n', 3] },
};

/** dS/d(layer) = (2·relu + 1) · (W · cotangent), by hand. */
export function byHand(x: Float32Array, cotangent: (image: number) => readonly number[]): number[] {
  const { values: w } = weights([4, 3]);
  const { values: scale } = weights([4], 3);
  return Array.from(x, (value, i) => {
    const k = i % 4;
    const weighted = cotangent(Math.floor(i / 4)).reduce((sum, c, j) => sum + c * Number(w[k * 3 + j]), 0);
    return (2 * Math.max(0, value * Number(scale[k])) + 1) * weighted;
  });
}

export const x: Feed = { shape: [5, 4], data: random(20, 1) };
export const read = (spec: ModelSpec) => parseModel(model(spec), 'm.onnx');
