import { describe, expect, test } from 'vitest';
import { type Cases, check, gradientOfSum, linear } from './pools.js';

describe('AveragePool', () => {
  const cases: Cases = [
    // Windows that tile the image, and windows that leave a remainder of it.
    ['2×2, stride 2', [2, 3, 4, 6], { kernel_shape: [2, 2], strides: [2, 2] }],
    ['2×3, stride 2 and 3, remainders', [1, 2, 5, 8], { kernel_shape: [2, 3], strides: [2, 3] }],
    ['the whole image', [2, 3, 3, 4], { kernel_shape: [3, 4] }],
    ['3×3, stride 2', [1, 2, 7, 5], { kernel_shape: [3, 3], strides: [2, 2] }],
    // Elements at the border count for more: every window has a divisor of its own.
    ['3×3, stride 1, padding not counted', [1, 2, 4, 5], { kernel_shape: [3, 3], pads: [1, 1, 1, 1] }],
    [
      '3×3, stride 1, padding counted',
      [1, 2, 4, 5],
      { kernel_shape: [3, 3], pads: [1, 1, 1, 1], count_include_pad: 1 },
    ],
    [
      '2×3, asymmetric pads, stride 2',
      [1, 2, 5, 4],
      { kernel_shape: [2, 3], strides: [2, 2], pads: [0, 2, 1, 1] },
    ],
    [
      '2×3, asymmetric pads, stride 2, counted',
      [1, 2, 5, 4],
      { kernel_shape: [2, 3], strides: [2, 2], pads: [0, 2, 1, 1], count_include_pad: 1 },
    ],
    ['ceil_mode', [1, 2, 6, 6], { kernel_shape: [3, 4], strides: [2, 3], ceil_mode: 1 }],
    [
      'ceil_mode, padded',
      [1, 2, 6, 5],
      { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1], ceil_mode: 1 },
    ],
    // What a window reaches beyond the padding is no part of its divisor, the padding is.
    [
      'ceil_mode, padding counted, opset 19',
      [1, 2, 6, 5],
      { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1], ceil_mode: 1, count_include_pad: 1 },
      19,
    ],
    [
      'ceil_mode, padding counted, opset 17',
      [1, 2, 6, 5],
      { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1], ceil_mode: 1, count_include_pad: 1 },
    ],
    [
      'dilation 2 and 3, opset 19',
      [1, 2, 7, 8],
      { kernel_shape: [2, 3], dilations: [3, 2], pads: [1, 0, 1, 1] },
      19,
    ],
    [
      'dilation, stride, padding counted, opset 22',
      [1, 2, 8, 7],
      { kernel_shape: [3, 2], dilations: [2, 3], strides: [2, 1], pads: [1, 1, 0, 1], count_include_pad: 1 },
      22,
    ],
    // Windows as long as their stride, with gaps in them: they follow each other but tile nothing.
    [
      'dilation 2, stride 3, opset 19',
      [1, 2, 6, 9],
      { kernel_shape: [2, 2], dilations: [2, 2], strides: [3, 3] },
      19,
    ],
    ['auto_pad VALID', [1, 2, 5, 4], { kernel_shape: [2, 3], auto_pad: 'VALID' }],
    ['auto_pad SAME_UPPER', [1, 2, 5, 4], { kernel_shape: [3, 2], strides: [2, 1], auto_pad: 'SAME_UPPER' }],
    [
      'auto_pad SAME_LOWER, counted',
      [1, 2, 4, 4],
      { kernel_shape: [3, 2], strides: [2, 1], auto_pad: 'SAME_LOWER', count_include_pad: 1 },
    ],
    ['1-D', [2, 3, 9], { kernel_shape: [4], strides: [3], pads: [1, 0] }],
    ['3-D', [1, 2, 3, 4, 3], { kernel_shape: [2, 2, 2], strides: [1, 2, 1], pads: [0, 0, 1, 1, 0, 0] }],
    [
      'opset 7, counted',
      [1, 2, 5, 5],
      { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1], count_include_pad: 1 },
      7,
    ],
    ['opset 10, ceil_mode', [1, 2, 6, 6], { kernel_shape: [3, 3], strides: [2, 2], ceil_mode: 1 }, 10],
  ];
  test.for(cases)('%s', ([, shape, attributes, opset]) =>
    check('AveragePool', shape, attributes, { opset, ...linear }),
  );
});

describe('global pools', () => {
  // 1-D, 2-D, 3-D; an image of one position passes its cotangent on.
  for (const shape of [
    [2, 3, 5],
    [2, 3, 4, 3],
    [2, 2, 3, 2, 2],
    [2, 3, 1, 1],
  ]) {
    test(`GlobalAveragePool [${shape}]`, () => check('GlobalAveragePool', shape, {}, linear));
    test(`GlobalMaxPool [${shape}]`, () => check('GlobalMaxPool', shape, {}, { ...linear, step: 0.02 }));
    for (const p of [1, 2, 3])
      test(`GlobalLpPool [${shape}], p = ${p}`, () =>
        check('GlobalLpPool', shape, { p }, { precision: 'float32', step: 1e-2, bound: 3e-3 }));
  }
  test('GlobalMaxPool, opset 7', () =>
    check('GlobalMaxPool', [2, 2, 3, 3], {}, { ...linear, step: 0.02, opset: 7 }));
});

describe('LpPool', () => {
  const cases: Cases = [
    ['2×2, stride 2, p = 2', [1, 2, 4, 6], { kernel_shape: [2, 2], strides: [2, 2] }],
    ['3×2, padded, p = 1', [1, 2, 4, 3], { kernel_shape: [3, 2], pads: [1, 0, 1, 1], p: 1 }],
    ['3×3, stride 2, p = 3', [1, 2, 5, 7], { kernel_shape: [3, 3], strides: [2, 2], p: 3 }],
    [
      'dilation, ceil_mode, opset 18',
      [1, 2, 6, 6],
      { kernel_shape: [2, 2], strides: [2, 2], dilations: [2, 2], ceil_mode: 1 },
      18,
    ],
    ['opset 7', [1, 2, 4, 4], { kernel_shape: [2, 2] }, 7],
  ];
  test.for(cases)('%s', ([, shape, attributes, opset]) =>
    check('LpPool', shape, attributes, { opset, precision: 'float32', step: 1e-2, bound: 3e-3 }),
  );

  // The norm has a corner at 0, where 0/0 would be no number.
  test.for(['LpPool', 'GlobalLpPool'])('%s of a window of zeros passes none', async (operator) =>
    expect(
      await gradientOfSum(
        operator,
        operator === 'LpPool' ? { kernel_shape: [1, 2] } : {},
        [1, 1, 1, 2],
        [0, 0],
      ),
    ).toEqual([0, 0]),
  );
});
