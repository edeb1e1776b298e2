import { describe, expect, test } from 'vitest';
import { differentiate } from '../../../src/onnx/gradient.js';
import { parseModel } from '../../../src/onnx/read.js';
import { makeGraph, makeNode, writeModel } from '../../../src/onnx/write.js';
import { expectGradients } from './check.js';
import { type Cases, check, gradientOfSum, linear } from './pools.js';

describe('MaxPool', () => {
  const cases: Cases = [
    ['2×2, stride 2', [2, 3, 4, 6], { kernel_shape: [2, 2], strides: [2, 2] }],
    // One element is the maximum of up to four windows: cotangents meet.
    ['3×3, stride 2', [2, 2, 7, 5], { kernel_shape: [3, 3], strides: [2, 2] }],
    ['3×3, stride 1, padded', [1, 2, 4, 5], { kernel_shape: [3, 3], pads: [1, 1, 1, 1] }],
    // Half of all values are negative: padding by 0 would win.
    ['2×3, padded on all sides differently', [1, 2, 5, 4], { kernel_shape: [2, 3], pads: [0, 2, 1, 1] }],
    // A last row and column in no window.
    ['2×2, stride 2, remainder', [1, 2, 5, 7], { kernel_shape: [2, 2], strides: [2, 2] }],
    // The last window of 3 has 2 rows and 1 column within the image.
    ['ceil_mode', [1, 2, 6, 6], { kernel_shape: [3, 4], strides: [2, 3], ceil_mode: 1 }],
    // By the ceiling there were 3 windows, but the last would begin in the padding behind: dropped. Before
    // opset 22 ONNX Runtime's own shape inference contradicts what it computes, so that nothing can be
    // appended.
    [
      'ceil_mode that drops a window, opset 22',
      [1, 1, 5, 5],
      { kernel_shape: [2, 2], strides: [3, 3], pads: [1, 1, 1, 1], ceil_mode: 1 },
      22,
    ],
    ['dilation 2 and 3', [1, 2, 7, 8], { kernel_shape: [2, 3], dilations: [3, 2], pads: [1, 0, 0, 1] }],
    ['stride larger than the window', [1, 2, 7, 7], { kernel_shape: [2, 1], strides: [3, 4] }],
    ['1×1, stride 2', [2, 2, 3, 4], { kernel_shape: [1, 1], strides: [2, 2] }],
    ['auto_pad VALID', [1, 2, 5, 4], { kernel_shape: [2, 3], auto_pad: 'VALID' }],
    ['auto_pad SAME_UPPER', [1, 2, 5, 4], { kernel_shape: [3, 2], strides: [2, 1], auto_pad: 'SAME_UPPER' }],
    ['auto_pad SAME_LOWER', [1, 2, 4, 4], { kernel_shape: [3, 2], strides: [2, 1], auto_pad: 'SAME_LOWER' }],
    // More than 9 elements: one axis at a time.
    ['5×5 padded, stride 1', [1, 2, 6, 7], { kernel_shape: [5, 5], pads: [2, 2, 2, 2] }],
    [
      '2×7, stride 2 and 3, ceil_mode',
      [2, 1, 5, 9],
      { kernel_shape: [2, 7], strides: [2, 3], pads: [1, 2, 0, 1], ceil_mode: 1 },
    ],
    ['12×1', [1, 2, 13, 3], { kernel_shape: [12, 1], strides: [1, 2] }],
    ['1-D', [2, 3, 9], { kernel_shape: [3], strides: [2], pads: [1, 0] }],
    ['3-D', [1, 2, 3, 4, 3], { kernel_shape: [2, 2, 2], pads: [0, 0, 1, 1, 0, 0] }],
    [
      '3-D of 3×3×3',
      [1, 2, 4, 3, 5],
      { kernel_shape: [3, 3, 3], strides: [1, 1, 2], pads: [1, 1, 1, 1, 1, 1] },
    ],
    ['opset 10', [1, 2, 6, 6], { kernel_shape: [3, 3], strides: [2, 2], ceil_mode: 1 }, 10],
    ['opset 22', [1, 2, 5, 5], { kernel_shape: [3, 3], strides: [2, 2] }, 22],
  ];
  test.for(cases)('%s', ([, shape, attributes, opset]) => check('MaxPool', shape, attributes, { opset }));

  // MaxPool of double arrived at opset 8; a step of 0.02 stays below half the distance of the values.
  test('opset 7', () =>
    check(
      'MaxPool',
      [1, 2, 5, 5],
      { kernel_shape: [3, 3], strides: [2, 2] },
      { ...linear, step: 0.02, opset: 7 },
    ));

  test('whose indices are an output too', () =>
    expectGradients({
      nodes: [makeNode('MaxPool', ['x'], ['y', 'at'], { kernel_shape: [2, 2] })],
      inputs: { x: [1, 2, 3, 3] },
      output: 'y',
    }));
});

describe('ties: the first maximum in scan order takes the cotangent', () => {
  test('MaxPool 2×2 over zeros, as behind a ReLU', async () =>
    expect(
      await gradientOfSum(
        'MaxPool',
        { kernel_shape: [2, 2], strides: [2, 2] },
        [1, 1, 2, 4],
        [0, 0, 1, 2, 0, 0, 2, 2],
      ),
    ).toEqual([1, 0, 0, 1, 0, 0, 0, 0]));
  // Windows of [1, 2] and [2, 1]: the first row wins over the first column.
  test('MaxPool 2×2, the maximum on the other diagonal', async () =>
    expect(await gradientOfSum('MaxPool', { kernel_shape: [2, 2] }, [1, 1, 2, 2], [1, 2, 2, 1])).toEqual([
      0, 1, 0, 0,
    ]));
  test('MaxPool 4×4, one axis at a time', async () =>
    expect(
      await gradientOfSum(
        'MaxPool',
        { kernel_shape: [4, 4] },
        [1, 1, 4, 4],
        [0, 0, 0, 0, 0, 0, 3, 0, 0, 3, 0, 3, 3, 0, 0, 0],
      ),
    ).toEqual([0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0]));
  test('MaxPool 3×3 padded: the padding never wins', async () =>
    expect(
      await gradientOfSum(
        'MaxPool',
        { kernel_shape: [3, 3], pads: [1, 1, 1, 1] },
        [1, 1, 2, 2],
        [-5, -5, -5, -5],
      ),
    ).toEqual([4, 0, 0, 0]));
  test('GlobalMaxPool', async () =>
    expect(await gradientOfSum('GlobalMaxPool', {}, [1, 2, 2, 2], [1, 3, 3, 3, 0, 0, 0, 0])).toEqual([
      0, 1, 0, 0, 1, 0, 0, 0,
    ]));
});

// Flat indices of more positions are no exact float32.
test('MaxPool over an image of more than 2^24 positions is refused', () => {
  const bytes = writeModel({
    irVersion: 8,
    opsets: new Map([['', 17]]),
    graph: makeGraph('large', {
      nodes: [makeNode('MaxPool', ['x'], ['y'], { kernel_shape: [2, 2], strides: [2, 2] }, 'pool')],
      inputs: [{ name: 'x', dtype: 'float32', shape: [1, 1, 4096, 4098] }],
      outputs: [{ name: 'y' }],
    }),
  });
  expect(() => differentiate(parseModel(bytes), { wrt: ['x'], score: { tensor: 'y' } })).toThrow(
    'gradient of MaxPool (node "pool"): expected images of up to 16777216 positions, padding included, got 16785408.',
  );
});
