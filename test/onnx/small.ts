/** Small classifiers `x [n, 3, 8, 8]` → convolution `c` → … → pooling → linear layer → `logits`. */

import { CamError } from '../../src/errors.js';
import { type Model, type Node, parseModel } from '../../src/onnx/index.js';
import { type ModelSpec, model, node, weights } from './build.js';

export const conv = node('Conv', ['x', 'w'], ['c'], { pads: [1, 1, 1, 1] });
export const head = (from: string) => [
  node('GlobalAveragePool', [from], ['g']),
  node('Flatten', ['g'], ['f']),
  node('Gemm', ['f', 'fc'], ['logits']),
];
const constants = { w: weights([4, 3, 3, 3]), fc: weights([4, 5]) };

export function read(nodes: readonly Node[], more: Partial<ModelSpec> = {}): Model {
  return parseModel(
    model({
      inputs: { x: ['n', 3, 8, 8] },
      nodes,
      initializers: { ...constants, ...more.initializers },
      outputs: { logits: [] },
      ...(more.opset && { opset: more.opset }),
      ...(more.irVersion && { irVersion: more.irVersion }),
      ...(more.inputs && { inputs: more.inputs }),
      ...(more.outputs && { outputs: more.outputs }),
    }),
    'm.onnx',
  );
}

/** Code and message of the `CamError` that is thrown. */
export function errorOf(act: () => unknown): [string, string] {
  try {
    act();
  } catch (error) {
    if (error instanceof CamError) return [error.code, error.message];
    throw error;
  }
  throw new Error('nothing was thrown');
}
