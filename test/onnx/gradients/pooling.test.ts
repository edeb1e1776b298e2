import { describe, expect, test } from 'vitest';
import { differentiate } from '../../../src/onnx/gradient.js';
import { parseModel } from '../../../src/onnx/read.js';
import { type AttributeValue, makeGraph, makeNode, writeModel } from '../../../src/onnx/write.js';
import { type Feed, openSession } from '../../../src/runtime/index.js';
import { random } from '../../random.js';
import { expectGradients, type GradientCase } from './check.js';

type Attributes = Record<string, AttributeValue>;
type Cases = readonly (readonly [string, readonly number[], Attributes, number?])[];

/** Distinct values 0.05 apart in seeded order, so that no step of the finite differences changes the maximum. */
function distinct(shape: readonly number[]): Float32Array {
  const size = shape.reduce((a, c) => a * c, 1);
  const ranks = Array.from(random(size, 5).entries()).sort(([, x], [, y]) => x - y);
  const data = new Float32Array(size);
  for (const [rank, [at]] of ranks.entries()) data[at] = (rank - size / 2) * 0.05;
  return data;
}

const check = (
  operator: string,
  shape: readonly number[],
  attributes: Attributes,
  rest: Partial<GradientCase>,
) =>
  expectGradients({
    nodes: [makeNode(operator, ['x'], ['y'], attributes)],
    inputs: { x: { shape, data: distinct(shape) } },
    ...rest,
  });

/** ONNX Runtime has these in single precision only; linear, so that a large step costs nothing. */
const linear = { precision: 'float32', step: 0.5, bound: 2e-5 } as const;

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
    // By the ceiling there were 3 windows, but the last would begin in the padding behind: dropped. Before opset 22 ONNX
    // Runtime's own shape inference contradicts what it computes, so that nothing can be appended.
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

/** The gradient of Σ y, of a model of one node. */
async function gradientOfSum(
  operator: string,
  attributes: Attributes,
  shape: readonly number[],
  data: readonly number[],
) {
  const x: Feed = { shape, data: Float32Array.from(data) };
  const bytes = writeModel({
    irVersion: 8,
    opsets: new Map([['', 17]]),
    graph: makeGraph('ties', {
      nodes: [makeNode(operator, ['x'], ['y'], attributes)],
      inputs: [{ name: 'x', dtype: 'float32', shape }],
      outputs: [{ name: 'y' }],
    }),
  });
  const gradient = differentiate(parseModel(bytes), { wrt: ['x'], score: { tensor: 'y' }, form: 'merged' });
  const session = await openSession(gradient, { runtime: 'node', threads: 1 });
  try {
    const { name, shape: wanted = [] } = gradient.target!;
    const lengths = wanted.map(Number);
    const ones = new Float32Array(lengths.reduce((a, c) => a * c, 1)).fill(1);
    const output = gradient.gradients.get('x')!;
    const results = await session.run({ x, [name]: { shape: lengths, data: ones } }, { outputs: [output] });
    const result = results[output];
    if ('buffer' in result) throw new Error('expected the gradient on the host');
    return Array.from(result.data, Number);
  } finally {
    await session.dispose();
  }
}

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
});
