import { describe, expect, test } from 'vitest';
import { constantTensor, int64Vector } from '../../../src/onnx/values.js';
import { makeNode } from '../../../src/onnx/write.js';
import { random } from '../../random.js';
import { expectGradients } from './check.js';

/**
 * Far from 0, where logarithms, quotients and signs change faster than finite differences see; of both signs.
 */
const signed = random(24, 5).map((value) => value + 0.2 * Math.sign(value));
const positive = signed.map(Math.abs);

/** The reductions, the opset in which their axes became an input, and what they are fed. */
const reductions = [
  ['ReduceSum', 13, signed],
  ['ReduceMean', 18, signed],
  ['ReduceMax', 18, signed],
  ['ReduceMin', 18, signed],
  ['ReduceL1', 18, signed],
  ['ReduceL2', 18, signed],
  ['ReduceSumSquare', 18, signed],
  ['ReduceLogSum', 18, positive],
  ['ReduceLogSumExp', 18, signed],
  ['ReduceProd', 18, signed],
] as const;

describe.each(reductions)('%s', (name, opset, data) => {
  const inputs = { x: { shape: [2, 3, 4], data } };

  // First, last, inner and several axes, counted from either end, out of order; and all of them.
  for (const axes of [[0], [1], [-1], [2, 0], [-2, -1], [0, 1, 2]])
    for (const keepdims of [0, 1]) {
      test(`axes [${axes}] as attribute, keepdims ${keepdims}, opset ${opset - 1}`, () =>
        expectGradients({
          nodes: [makeNode(name, ['x'], ['z'], { axes, keepdims })],
          inputs,
          opset: opset - 1,
        }));

      test(`axes [${axes}] as input, keepdims ${keepdims}, opset ${opset}`, () =>
        expectGradients({
          nodes: [makeNode(name, ['x', 'axes'], ['z'], { keepdims })],
          inputs,
          constants: [int64Vector('axes', axes)],
          opset,
        }));
    }

  for (const version of [7, 11, 22])
    test(`no axes: all of them, opset ${version}`, () =>
      expectGradients({
        nodes: [makeNode(name, ['x'], ['z'], { keepdims: 0 })],
        inputs,
        opset: version,
      }));

  test('an empty list of axes: all of them', () =>
    expectGradients({
      nodes: [makeNode(name, ['x', 'axes'], ['z'])],
      inputs,
      constants: [int64Vector('axes', [])],
      opset,
    }));

  // Nothing is reduced, but squares, logarithms and absolute values are still taken.
  test('an empty list of axes with noop_with_empty_axes: none of them', () =>
    expectGradients({
      nodes: [makeNode(name, ['x', 'axes'], ['z'], { noop_with_empty_axes: 1 })],
      inputs,
      constants: [int64Vector('axes', [])],
      opset,
    }));
});

describe('where a derivative is a matter of definition', () => {
  // Of two equal ones each gets half, which is what central differences say as well.
  test.each(['ReduceMax', 'ReduceMin'])('%s shares between ties', (name) =>
    expectGradients({
      nodes: [makeNode(name, ['x'], ['z'], { axes: [1] })],
      inputs: { x: { shape: [2, 4], data: Float32Array.of(3, 1, 3, 1, -2, -5, -2, -5) } },
    }),
  );

  // The length of a vector has a kink at 0, symmetrical, so that central differences say 0 too.
  test.each(['ReduceL1', 'ReduceL2'])('%s of zeros', (name) =>
    expectGradients({
      nodes: [makeNode(name, ['x'], ['z'], { axes: [1] })],
      inputs: { x: { shape: [2, 3], data: Float32Array.of(0, 0, 0, 1, 0, 2) } },
    }),
  );

  // No 0, one 0 and two of them; negative elements, odd and even in number.
  test('ReduceProd beside zeros', () =>
    expectGradients({
      nodes: [makeNode('ReduceProd', ['x'], ['z'], { axes: [1] })],
      inputs: {
        x: { shape: [4, 3], data: Float32Array.of(2, -3, -1, 0, -2, 3, 0, 2, 0, -1, -2, -3) },
      },
    }));
});

test('axes that are computed are refused', () =>
  expect(
    expectGradients({
      nodes: [makeNode('ReduceSum', ['x', 'axes'], ['z'])],
      inputs: { x: [2, 3], axes: { shape: [1], data: BigInt64Array.of(1n) } },
      wrt: ['x'],
    }),
  ).rejects.toThrow(
    'gradient of ReduceSum (node "z"): expected constant axes, got axes computed at run time.',
  ));

describe('CumSum', () => {
  for (const exclusive of [0, 1])
    for (const reverse of [0, 1])
      test(`exclusive ${exclusive}, reverse ${reverse}`, () =>
        expectGradients({
          nodes: [makeNode('CumSum', ['x', 'axis'], ['z'], { exclusive, reverse })],
          inputs: { x: [2, 3, 4] },
          constants: [constantTensor('axis', [], BigInt64Array.of(-2n))],
        }));

  test('axis given at run time as int32, opset 11', () =>
    expectGradients({
      nodes: [makeNode('CumSum', ['x', 'axis'], ['z'])],
      inputs: { x: [2, 3, 4], axis: { shape: [], data: Int32Array.of(1) } },
      wrt: ['x'],
      opset: 11,
    }));
});
