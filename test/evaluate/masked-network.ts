import { random } from '../../src/metrics/random.js';
import { constantTensor, parseModel, writeModel } from '../../src/onnx/index.js';
import { model, node } from '../onnx/build.js';

// The toy network of "See through Walls": 29×29, K filters 2×2 without bias, ReLU, max-pool 2, a linear layer
// whose weights for the lower half of the feature rows are 0. So pixels that only those rows see cannot
// change any score.
export const SIZE = 29;
export const FILTERS = 64;
export const CLASSES = 10;
export const ROWS = 14;
export const DEAD_ROWS = 7;

/**
 * The network at random initialisation. All weights are N(0, 1): the filters `FILTERS × 2 × 2`, the linear
 * layer `[FILTERS · ROWS · ROWS, CLASSES]`.
 */
function toyNetwork(seed: number): { readonly bytes: Uint8Array; readonly filters: Float32Array } {
  const { normal } = random(seed);
  const filters = Float32Array.from({ length: FILTERS * 4 }, normal);
  const features = FILTERS * ROWS * ROWS;
  const bytes = model({
    inputs: { x: ['n', 1, SIZE, SIZE] },
    nodes: [
      node('Conv', ['x', 'w'], ['c']),
      node('Relu', ['c'], ['r']),
      node('MaxPool', ['r'], ['a'], { kernel_shape: [2, 2], strides: [2, 2] }),
      node('Flatten', ['a'], ['f']),
      node('Gemm', ['f', 'fc'], ['logits']),
    ],
    initializers: {
      w: { dims: [FILTERS, 1, 2, 2], values: filters },
      fc: {
        dims: [features, CLASSES],
        values: Float32Array.from({ length: features * CLASSES }, normal),
      },
    },
    outputs: { logits: ['n', CLASSES] },
  });
  return { bytes, filters };
}

/**
 * The toy network, its graph edited so that the classifier has weight 0 on the lower `DEAD_ROWS` of the
 * feature rows.
 */
export function maskedNetwork(seed: number): { readonly bytes: Uint8Array; readonly filters: Float32Array } {
  const { bytes, filters } = toyNetwork(seed);
  const { irVersion, opsets, graph } = parseModel(bytes);
  const initializers = [...graph.initializers.values()].map((tensor) => {
    if (tensor.name !== 'fc') return tensor;
    const weights = Float32Array.from<number | bigint>(tensor.data(), (weight, i) => {
      const row = Math.floor(i / CLASSES / ROWS) % ROWS;
      return row >= ROWS - DEAD_ROWS ? 0 : Number(weight);
    });
    return constantTensor('fc', tensor.dims, weights, 'float32');
  });
  const edited = { ...graph, initializers: new Map(initializers.map((tensor) => [tensor.name, tensor])) };
  return { bytes: writeModel({ irVersion, opsets, graph: edited }), filters };
}
