import { describe, expect, test } from 'vitest';
import { parseModel } from '../../../src/onnx/read.js';
import { constantTensor } from '../../../src/onnx/values.js';
import { makeGraph, makeNode, writeModel } from '../../../src/onnx/write.js';
import { expectGradients } from './check.js';
import { gradientsOf } from './run.js';

/**
 * Differences over whole steps of the quantisation see its slope exactly: 1 where nothing is cut off, 0 where
 * all is. ONNX Runtime quantises float32 alone.
 */
const overSteps = { precision: 'float32', step: 0.5, bound: 1e-5, opset: 13 } as const;

const pair = [
  makeNode('QuantizeLinear', ['x', 'scale', 'zero'], ['q']),
  makeNode('DequantizeLinear', ['q', 'scale', 'zero'], ['z']),
];

const scale = constantTensor('scale', [], Float32Array.of(0.25));

describe('a pair passes the cotangent, but not where x is cut off', () => {
  const types = [
    // Real limits -25 and 38.75: within a step of them, and beyond.
    ['uint8', constantTensor('zero', [], Uint8Array.of(100)), [-30, -24.4, 0.1, 12.3, 38.2, 45]],
    ['int8', constantTensor('zero', [], Int8Array.of(-20)), [-30, -26.4, 0.1, 12.3, 36.2, 45]],
    // The lower limit is 0: a Relu that the quantising tool has left out.
    ['uint8 from 0', constantTensor('zero', [], Uint8Array.of(0)), [-3, -0.7, 0.6, 12.3, 63.2, 70]],
    ['uint16', constantTensor('zero', [], Uint16Array.of(0)), [-3, -0.7, 0.6, 12.3, 16383.2, 16390]],
    ['int16', constantTensor('zero', [], Int16Array.of(0)), [-8199, -8191.4, 0.6, 12.3, 8191.2, 8199]],
  ] as const;
  for (const [name, zero, data] of types)
    for (const opset of name.endsWith('16') ? [21, 22] : [10, 13, 19, 21])
      test(`${name}, opset ${opset}`, () =>
        expectGradients({
          ...overSteps,
          nodes: pair,
          inputs: { x: { shape: [2, 3], data: Float32Array.from(data) } },
          constants: [scale, zero],
          wrt: ['x'],
          opset,
        }));

  test('without a zero point: uint8 from 0', () =>
    expectGradients({
      ...overSteps,
      nodes: [
        makeNode('QuantizeLinear', ['x', 'scale'], ['q']),
        makeNode('DequantizeLinear', ['q', 'scale'], ['z']),
      ],
      inputs: { x: { shape: [4], data: Float32Array.of(-3, 0.6, 63, 70) } },
      constants: [scale],
      wrt: ['x'],
    }));

  test('without a zero point: a type of its own, opset 21', () =>
    expectGradients({
      ...overSteps,
      nodes: [
        makeNode('QuantizeLinear', ['x', 'scale'], ['q'], { output_dtype: 3 }), // int8
        makeNode('DequantizeLinear', ['q', 'scale'], ['z']),
      ],
      inputs: { x: { shape: [5], data: Float32Array.of(-40, -3, 0.6, 31, 40) } },
      constants: [scale],
      wrt: ['x'],
      opset: 21,
    }));
});

// Half a step beyond a limit still rounds to it. Finite differences cannot see that; torch's fake
// quantisation has it so.
test('what rounds to a limit passes, what rounds beyond does not', async () => {
  const model = parseModel(
    writeModel({
      irVersion: 8,
      opsets: new Map([['', 13]]),
      graph: makeGraph('pair', {
        nodes: pair,
        initializers: [scale, constantTensor('zero', [], Uint8Array.of(100))],
        inputs: [{ name: 'x', dtype: 'float32', shape: [1, 4] }],
        outputs: [{ name: 'z' }],
      }),
    }),
  );
  const x = { shape: [1, 4], data: Float32Array.of(-25.2, -25.1, 38.8, 38.9) };
  const target = { shape: [1, 4], data: Float32Array.of(2, 3, 4, 5) };
  const options = { wrt: ['x'], score: { tensor: 'z' } };
  const { x: gradient } = await gradientsOf(model, options, 'separate', { x }, target);
  expect(gradient.data).toEqual(Float32Array.of(0, 3, 4, 0));
});

test('one scale per channel', () =>
  expectGradients({
    ...overSteps,
    nodes: [
      makeNode('QuantizeLinear', ['x', 'scale', 'zero'], ['q'], { axis: -3 }),
      makeNode('DequantizeLinear', ['q', 'scale', 'zero'], ['z'], { axis: -3 }),
    ],
    // 20 is cut off by the first channel's scale, not by the second's, nor by the third's with its zero
    // point.
    inputs: { x: { shape: [3, 1, 2], data: Float32Array.of(20, 1.1, 20, 1.1, 20, 1.1) } },
    constants: [
      constantTensor('scale', [3], Float32Array.of(0.125, 0.25, 0.125)),
      constantTensor('zero', [3], Int8Array.of(0, 0, -60)),
    ],
    wrt: ['x'],
  }));

test('quantised elements may be moved', () =>
  expectGradients({
    ...overSteps,
    nodes: [
      makeNode('QuantizeLinear', ['x', 'scale', 'zero'], ['q']),
      makeNode('Transpose', ['q'], ['t'], { perm: [1, 0] }),
      makeNode('DequantizeLinear', ['t', 'scale', 'zero'], ['z']),
    ],
    inputs: { x: { shape: [2, 3], data: Float32Array.of(-30, -24, 0.1, 12.3, 38, 45) } },
    constants: [scale, constantTensor('zero', [], Uint8Array.of(100))],
    wrt: ['x'],
  }));

test('a scale that is computed is refused', () =>
  expect(
    expectGradients({
      ...overSteps,
      nodes: pair,
      inputs: { x: [2, 3], scale: { shape: [], data: Float32Array.of(0.25) } },
      constants: [constantTensor('zero', [], Uint8Array.of(100))],
      wrt: ['x'],
    }),
  ).rejects.toThrow(
    'gradient of QuantizeLinear (node "q"): expected a constant scale and zero point, got one computed at run time.',
  ));
