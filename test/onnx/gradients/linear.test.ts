import { describe, expect, test } from 'vitest';
import { constantTensor } from '../../../src/onnx/values.js';
import { float, makeNode } from '../../../src/onnx/write.js';
import { random } from '../../random.js';
import { expectGradients } from './check.js';

const weights = (name: string, dims: readonly number[], seed = 3) =>
  constantTensor(
    name,
    dims,
    random(
      dims.reduce((x, y) => x * y, 1),
      seed,
    ),
  );

describe('Gemm', () => {
  // Every pair of transpositions has formulas of its own; no two of n, k, m are equal, so a swap shows.
  for (const transA of [0, 1])
    for (const transB of [0, 1])
      test(`transA ${transA}, transB ${transB}, alpha, beta, C broadcast from [4]`, () =>
        expectGradients({
          nodes: [
            makeNode('Gemm', ['x', 'w', 'c'], ['z'], { transA, transB, alpha: float(0.5), beta: float(-2) }),
          ],
          inputs: { x: transA ? [3, 2] : [2, 3] },
          constants: [weights('w', transB ? [4, 3] : [3, 4]), weights('c', [4])],
        }));

  // C that is a column, one number, or of the full shape is summed over other axes.
  for (const dims of [[2, 1], [], [1], [2, 4], [1, 4]])
    test(`C [${dims}], opset 7`, () =>
      expectGradients({
        nodes: [makeNode('Gemm', ['x', 'w', 'c'], ['z'])],
        inputs: { x: [2, 3] },
        constants: [weights('w', [3, 4]), weights('c', dims)],
        opset: 7,
        // The C of a Gemm was first spread by ONNX Runtime at opset 7 as it is now.
      }));

  test('without C, opset 11', () =>
    expectGradients({
      nodes: [makeNode('Gemm', ['x', 'w'], ['z'], { transB: 1 })],
      inputs: { x: [2, 3] },
      constants: [weights('w', [4, 3])],
      opset: 11,
    }));
});

describe('MatMul', () => {
  const cases = [
    ['two matrices', [2, 3], [3, 4]],
    ['batches times one matrix', [2, 5, 3], [3, 4]],
    ['two axes of batches times one matrix', [2, 2, 5, 3], [3, 4]],
    ['one matrix times batches', [5, 3], [2, 3, 4]],
    ['equal batches', [2, 5, 3], [2, 3, 4]],
    // Each side is repeated along the other's batch axis.
    ['batches broadcast both ways', [2, 1, 5, 3], [4, 3, 2]],
    ['vector times vector', [3], [3]],
    ['vector times matrix', [3], [3, 4]],
    ['vector times batches', [3], [2, 3, 4]],
    ['matrix times vector', [2, 3], [3]],
    ['batches times vector', [2, 5, 3], [3]],
    // All lengths equal: only the order of the products tells operands apart.
    ['square matrices', [3, 3], [3, 3]],
  ] as const;
  for (const [what, x, y] of cases)
    test(what, () => expectGradients({ nodes: [makeNode('MatMul', ['x', 'y'], ['z'])], inputs: { x, y } }));

  test('weights of a linear layer over tokens, opset 9', () =>
    expectGradients({
      nodes: [makeNode('MatMul', ['x', 'w'], ['z'])],
      inputs: { x: [2, 5, 3] },
      constants: [weights('w', [3, 4])],
      opset: 9,
    }));
});

describe('Einsum', () => {
  const cases = [
    ['matrices', 'ij,jk->ik', [2, 3], [3, 4]],
    ['batches', 'bij,bjk->bik', [2, 3, 4], [2, 4, 5]],
    ['class map', 'nchw,kc->nkhw', [2, 3, 2, 2], [4, 3]],
    ['outer product', 'i,j->ij', [2], [3]],
    ['weighted sum', 'nchw,nc->nhw', [2, 3, 2, 2], [2, 3]],
    // An index that one operand alone has: its cotangent is repeated along it.
    ['lonely index', 'ijk,jl->il', [2, 3, 4], [3, 5]],
    ['to a number', 'ij,ij->', [2, 3], [2, 3]],
    ['no arrow', 'kj,ji', [4, 3], [3, 2]],
    ['blanks and capital letters', ' aB , Bc -> ac', [2, 3], [3, 4]],
  ] as const;
  for (const [what, equation, x, y] of cases)
    test(`${what}: ${equation}`, () =>
      expectGradients({ nodes: [makeNode('Einsum', ['x', 'y'], ['z'], { equation })], inputs: { x, y } }));

  for (const equation of ['nchw->nhwc', 'nchw->nc', 'nchw->cn', 'nchw->'])
    test(`one operand: ${equation}`, () =>
      expectGradients({
        nodes: [makeNode('Einsum', ['x'], ['z'], { equation })],
        inputs: { x: [2, 3, 2, 4] },
      }));

  test('three operands', () =>
    expectGradients({
      nodes: [makeNode('Einsum', ['x', 'y', 'v'], ['z'], { equation: 'ij,jk,kl->li' })],
      inputs: { x: [2, 3], y: [3, 4], v: [4, 2] },
    }));

  for (const [equation, shape] of [
    ['ii->i', [3, 3]],
    ['...i->...', [2, 3]],
  ] as const)
    test(`${equation} is refused`, () =>
      expect(
        expectGradients({ nodes: [makeNode('Einsum', ['x'], ['z'], { equation })], inputs: { x: shape } }),
      ).rejects.toThrow(
        `gradient of Einsum (node "z"): expected an equation of letters, none twice in one operand, got "${equation}".`,
      ));

  test('a length of 1 that is repeated is refused', () =>
    expect(
      expectGradients({
        nodes: [makeNode('Einsum', ['x', 'y'], ['z'], { equation: 'ij,jk->ik' })],
        inputs: { x: [2, 1], y: [3, 4] },
      }),
    ).rejects.toThrow('gradient of Einsum (node "z"): expected one length for "j", got 1 and 3.'));
});
