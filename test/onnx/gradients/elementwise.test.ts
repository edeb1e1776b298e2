import { describe, test } from 'vitest';
import { constantTensor, int64Vector } from '../../../src/onnx/values.js';
import { makeNode } from '../../../src/onnx/write.js';
import { random } from '../../random.js';
import { expectGradients } from './check.js';

/** Values of magnitude 0.5 to 1.5: away from poles and kinks at 0. */
function away(count: number, seed: number, signed = true): Float32Array {
  return random(count, seed).map((x) => (x < 0 && signed ? -1 : 1) * (0.5 + Math.abs(x)));
}

/** Both operands broadcast, one on the left, one in the middle: neither has the result's shape. */
const operands = { x: [2, 3, 1], y: [3, 4] } as const;

describe('broadcasting arithmetic, within 2e-5 of the largest', () => {
  for (const name of ['Add', 'Sub', 'Mul', 'Sum'])
    test(name, () => expectGradients({ nodes: [makeNode(name, ['x', 'y'], ['z'])], inputs: operands }));

  test('Div, by numbers of both signs', () =>
    expectGradients({
      nodes: [makeNode('Div', ['x', 'y'], ['z'])],
      inputs: { x: [2, 3, 1], y: { shape: [3, 4], data: away(12, 1) } },
    }));

  for (const name of ['Min', 'Max'])
    test(`${name} of three inputs, one of them a scalar`, () =>
      expectGradients({
        nodes: [makeNode(name, ['x', 'y', 's'], ['z'])],
        inputs: { ...operands, s: { shape: [], data: Float32Array.of(0.1) } },
      }));

  // ONNX Runtime has Mean in float32 only; it is linear, so that a large step costs no accuracy.
  test('Sum and Mean of four inputs, one of them twice', () =>
    expectGradients({
      precision: 'float32',
      step: 0.25,
      bound: 2e-5,
      nodes: [makeNode('Sum', ['x', 'y', 'x', 's'], ['a']), makeNode('Mean', ['a', 'x', 's'], ['z'])],
      inputs: { ...operands, s: [1] },
    }));

  // The cotangent of a bias has to lose axes in front, inside and behind in one reduction.
  test('Add of a bias [3, 1] in a batch of maps', () =>
    expectGradients({
      nodes: [makeNode('Add', ['x', 'bias'], ['z'])],
      inputs: { x: [2, 3, 2] },
      constants: [constantTensor('bias', [3, 1], random(3, 3))],
    }));

  test('Where, condition broadcast against both', () =>
    expectGradients({
      nodes: [makeNode('Where', ['c', 'x', 'y'], ['z'])],
      inputs: { ...operands, c: { shape: [4], data: Uint8Array.of(1, 0, 0, 1), dtype: 'bool' } },
      wrt: ['x', 'y'],
    }));
});

describe('Pow', () => {
  for (const exponent of [1, 2, 3, 0.5, -1.5])
    test(`constant exponent ${exponent}`, () =>
      expectGradients({
        nodes: [makeNode('Pow', ['x', 'p'], ['z'])],
        inputs: { x: { shape: [2, 3], data: away(6, 5, false) } },
        constants: [constantTensor('p', [], Float32Array.of(exponent))],
        wrt: ['x'],
      }));

  // The exponent's derivative needs ln x, the base's p - 1: both operands broadcast and differentiated.
  test('exponent that is a tensor', () =>
    expectGradients({
      nodes: [makeNode('Pow', ['x', 'p'], ['z'])],
      inputs: {
        x: { shape: [2, 3, 1], data: away(6, 6, false) },
        p: { shape: [3, 4], data: away(12, 7) },
      },
    }));

  // 0 · 0⁻¹ = NaN unless an exponent of 0 is treated on its own; negative bases have no logarithm.
  test('exponent 0 at base 0, and squares of negative bases', () =>
    expectGradients({
      nodes: [makeNode('Pow', ['x', 'p'], ['z'])],
      inputs: { x: { shape: [3], data: Float32Array.of(0, -1.5, 0.5) } },
      constants: [constantTensor('p', [3], Float32Array.of(0, 2, 3))],
      wrt: ['x'],
    }));

  test('an exponent of whole numbers', () =>
    expectGradients({
      nodes: [makeNode('Pow', ['x', 'p'], ['z'])],
      inputs: { x: { shape: [2, 2], data: away(4, 8) } },
      constants: [int64Vector('p', [2, 3])],
      wrt: ['x'],
    }));
});

describe('functions of one variable', () => {
  for (const name of ['Neg', 'Abs', 'Exp', 'Sin', 'Cos', 'Reciprocal', 'Identity'])
    test(name, () =>
      expectGradients({
        nodes: [makeNode(name, ['x'], ['z'])],
        inputs: { x: { shape: [2, 5], data: away(10, 9) } },
      }),
    );

  for (const name of ['Sqrt', 'Log'])
    test(`${name} of positive numbers`, () =>
      expectGradients({
        nodes: [makeNode(name, ['x'], ['z'])],
        inputs: { x: { shape: [2, 5], data: away(10, 10, false) } },
      }));

  // No double kernel of Erf.
  test('Erf', () =>
    expectGradients({
      nodes: [makeNode('Erf', ['x'], ['z'])],
      inputs: { x: { shape: [2, 5], data: away(10, 11) } },
      precision: 'float32',
    }));

  test('Dropout, which passes everything in inference', () =>
    expectGradients({ nodes: [makeNode('Dropout', ['x'], ['z', 'mask'])], inputs: { x: [2, 3] } }));

  test('Dropout in training mode that drops nothing', () =>
    expectGradients({
      nodes: [makeNode('Dropout', ['x', 'ratio', 'training'], ['z', 'mask'])],
      inputs: { x: [2, 3] },
      constants: [
        constantTensor('ratio', [], Float32Array.of(0)),
        constantTensor('training', [], Uint8Array.of(1), 'bool'),
      ],
      wrt: ['x'],
    }));
});

test('a tensor that is used three times accumulates', () =>
  expectGradients({
    nodes: [
      makeNode('Mul', ['x', 'x'], ['square']),
      makeNode('Exp', ['x'], ['e']),
      makeNode('Add', ['square', 'e'], ['z']),
    ],
    inputs: { x: [2, 3] },
  }));
