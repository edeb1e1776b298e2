// Operators of ONNX Runtime's optimiser, against finite differences in float32: it has no other kernels for
// them.
import { describe, test } from 'vitest';
import type { Node } from '../../../src/onnx/model.js';
import { constantTensor } from '../../../src/onnx/values.js';
import { type AttributeValue, float, floats, makeNode } from '../../../src/onnx/write.js';
import { random } from '../../random.js';
import { expectGradients } from './check.js';

const fused = (
  opType: string,
  inputs: readonly string[],
  attributes: Record<string, AttributeValue> = {},
): Node => ({
  ...makeNode(opType, inputs, ['z'], attributes),
  domain: 'com.microsoft',
});

const tensor = (name: string, dims: readonly number[], seed: number) =>
  constantTensor(
    name,
    dims,
    random(
      dims.reduce((a, b) => a * b, 1),
      seed,
    ),
  );

const single = { precision: 'float32', dynamic: false } as const;

describe('FusedConv', () => {
  const constants = [tensor('w', [4, 3, 3, 3], 2), tensor('b', [4], 3)];
  const shape = { pads: [1, 1, 1, 1], kernel_shape: [3, 3] };

  test.each([
    ['Sigmoid', []],
    ['Tanh', []],
    ['HardSigmoid', [0.1, 0.5]],
    ['Clip', [-50, 50]],
  ] as const)('%s', (activation, params) =>
    expectGradients({
      nodes: [
        fused('FusedConv', ['x', 'w', 'b'], {
          ...{ ...shape, activation },
          ...(params.length > 0 && { activation_params: floats(params) }),
        }),
      ],
      inputs: { x: [1, 3, 4, 4] },
      constants,
      wrt: ['x'],
      ...single,
    }),
  );

  // The sum decides the sign, far from the kink: differences across it are no slopes.
  test.each([
    ['Relu', []],
    ['LeakyRelu', [0.1]],
    ['Clip', [-20, 30]],
  ] as const)('%s of a sum', (activation, params) =>
    expectGradients({
      nodes: [
        fused('FusedConv', ['x', 'w', 'b', 'r'], {
          ...{ ...shape, activation },
          ...(params.length > 0 && { activation_params: floats(params) }),
        }),
      ],
      inputs: {
        x: { shape: [1, 3, 4, 4], data: random(48, 5).map((v) => 0.05 * v) },
        r: {
          shape: [1, 4, 4, 4],
          data: random(64, 6).map((v) => (Math.abs(v) > 0.5 ? 50 : 10) * Math.sign(v)),
        },
      },
      constants,
      wrt: ['x', 'r'],
      ...single,
    }),
  );
});

test('FusedGemm', () =>
  expectGradients({
    nodes: [
      fused('FusedGemm', ['x', 'w', 'b'], {
        ...{ transB: 1, alpha: float(0.5), beta: float(2), activation: 'LeakyRelu' },
        activation_alpha: float(1),
      }),
    ],
    inputs: { x: [3, 5] },
    constants: [tensor('w', [4, 5], 2), tensor('b', [4], 3)],
    ...single,
  }));

test.each([
  [0, 0, [2, 3, 4, 5], [5, 2]],
  [1, 0, [3, 5, 4], [3, 5, 2]],
  [0, 1, [3, 4, 5], [2, 5]],
  [1, 1, [5, 4], [3, 2, 5]],
] as const)('FusedMatMul, transA %i, transB %i, of %j and %j', (transA, transB, a, b) =>
  expectGradients({
    nodes: [fused('FusedMatMul', ['x', 'y'], { transA, transB, alpha: float(-1.5) })],
    inputs: { x: a, y: b },
    ...single,
  }),
);

test.each(['Gelu', 'QuickGelu'])('%s', (opType) =>
  expectGradients({ nodes: [fused(opType, ['x'])], inputs: { x: [2, 3, 4] }, ...single }),
);
