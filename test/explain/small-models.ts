import type { InputTensor } from '../../src/index.js';
import type { DataType } from '../../src/onnx/index.js';
import { type ModelSpec, model, node, weights } from '../onnx/build.js';
import { random } from '../random.js';

/** Side of the input; the layer is as large. */
export const SIZE = 8;
export const CHANNELS = 6;
export const CLASSES = 5;

const stem = [node('Conv', ['x', 'w'], ['c'], { pads: [1, 1, 1, 1] }), node('Relu', ['c'], ['a'])];

/** `x` → Conv → Relu `a` → GAP → Flatten → Gemm with bias → `logits [n, 5]`. */
export function linear(more: Partial<ModelSpec> = {}): Uint8Array {
  return model({
    inputs: { x: ['n', 3, SIZE, SIZE] },
    nodes: [
      ...stem,
      node('GlobalAveragePool', ['a'], ['g']),
      node('Flatten', ['g'], ['f']),
      node('Gemm', ['f', 'fc', 'b'], ['logits']),
    ],
    outputs: { logits: ['n', CLASSES] },
    ...more,
    initializers: {
      w: weights([CHANNELS, 3, 3, 3]),
      fc: weights([CHANNELS, CLASSES], 2),
      b: weights([CLASSES], 3),
      ...more.initializers,
    },
  });
}

/** The same with a tail that is not linear: `a` → Conv → Relu → Flatten → Gemm. */
export function nonLinear(more: Partial<ModelSpec> = {}): Uint8Array {
  return linear({
    nodes: [
      ...stem,
      node('Conv', ['a', 'w2'], ['c2'], { strides: [4, 4] }),
      node('Relu', ['c2'], ['r2']),
      node('Flatten', ['r2'], ['f']),
      node('Gemm', ['f', 'fc', 'b'], ['logits']),
    ],
    ...more,
    initializers: {
      w2: weights([7, CHANNELS, 2, 2], 5),
      fc: weights([28, CLASSES], 6),
      ...more.initializers,
    },
  });
}

/** `linear` with nodes behind its logits, whose output is `p`. */
export const behind = (nodes: readonly ReturnType<typeof node>[], dtype: DataType = 'float32'): Uint8Array =>
  linear({
    nodes: [
      ...stem,
      node('GlobalAveragePool', ['a'], ['g']),
      node('Flatten', ['g'], ['f']),
      node('Gemm', ['f', 'fc', 'b'], ['logits']),
      ...nodes,
    ],
    initializers: {
      axis: { dims: [1], values: BigInt64Array.of(1n) },
      hundred: { dims: [], values: Float32Array.of(100) },
    },
    outputs: { p: { dtype, shape: ['n', CLASSES] } },
  });

/** A softmax that only its values show: powers over their largest, over the sum of these. */
export const byValues = behind([
  node('Exp', ['logits'], ['e']),
  node('ReduceMax', ['e'], ['m'], { axes: [1] }),
  node('Div', ['e', 'm'], ['s']),
  node('ReduceSum', ['s', 'axis'], ['t']),
  node('Div', ['s', 't'], ['p']),
]);

/**
 * A CALM model: `x` → Conv → Relu → 1×1 Conv to `scores` f and to `attention` a, a quarter of the input's
 * size.
 */
export function calmModel(
  names: readonly [f: string, a: string] = ['f', 'a'],
  shift = 0,
  more: Partial<ModelSpec> = {},
): Uint8Array {
  const [f, a] = names;
  return model({
    inputs: { x: ['n', 3, SIZE, SIZE] },
    nodes: [
      node('Conv', ['x', 'w'], ['c'], { strides: [2, 2] }),
      node('Relu', ['c'], ['r']),
      node('Conv', ['r', 'wf'], ['f0']),
      node('Add', ['f0', 'shift'], [f]),
      node('Conv', ['r', 'wa'], [a]),
    ],
    outputs: { [f]: ['n', CLASSES, 4, 4], [a]: ['n', 1, 4, 4] },
    ...more,
    initializers: {
      w: weights([CHANNELS, 3, 2, 2]),
      wf: weights([CLASSES, CHANNELS, 1, 1], 2),
      wa: weights([1, CHANNELS, 1, 1], 3),
      shift: { dims: [], values: Float32Array.of(shift) },
      ...more.initializers,
    },
  });
}

export const image = (seed: number, size = SIZE): InputTensor => ({
  data: random(3 * size * size, seed),
  shape: [3, size, size],
});
