import { describe, expect, test } from 'vitest';
import { differentiate } from '../../../src/onnx/gradient.js';
import { parseModel } from '../../../src/onnx/read.js';
import { constantTensor } from '../../../src/onnx/values.js';
import { type AttributeValue, makeGraph, makeNode, writeModel } from '../../../src/onnx/write.js';
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

type Attributes = Record<string, AttributeValue>;

/** Of X, W and B; ONNX Runtime has no convolution in double. Linear in each: a large step costs nothing. */
const check = (
  operator: 'Conv' | 'ConvTranspose',
  x: readonly number[],
  w: readonly number[],
  attributes: Attributes,
  opset = 17,
) => {
  const outputs = operator === 'Conv' ? w[0] : w[1] * Number(attributes.group ?? 1);
  return expectGradients({
    nodes: [makeNode(operator, ['x', 'w', 'b'], ['y'], attributes)],
    inputs: { x },
    constants: [weights('w', w), weights('b', [outputs], 4)],
    opset,
    precision: 'float32',
    step: 0.5,
    bound: 2e-5,
  });
};

describe('Conv', () => {
  const cases: readonly (readonly [string, readonly number[], readonly number[], Attributes])[] = [
    ['1×1', [2, 3, 2, 3], [4, 3, 1, 1], {}],
    // SqueezeNet 1.0 pads a 1×1 kernel: the cotangent is cut, not padded.
    ['1×1 padded', [1, 2, 2, 3], [3, 2, 1, 1], { pads: [1, 1, 1, 1] }],
    ['3×3 same', [2, 2, 4, 5], [3, 2, 3, 3], { pads: [1, 1, 1, 1] }],
    // A kernel that is symmetric in no axis, padded differently on all four sides: any mix-up of sides shows.
    ['2×4 asymmetric pads', [1, 2, 4, 5], [2, 2, 2, 4], { pads: [0, 3, 1, 2] }],
    ['stride 2 that divides', [1, 2, 5, 5], [2, 2, 3, 3], { pads: [1, 1, 1, 1], strides: [2, 2] }],
    // Remainders 1 and 2 of stride 3: output_padding differs per axis, and dW sees a larger kernel.
    ['stride 3 with remainders', [2, 2, 5, 9], [2, 2, 2, 3], { strides: [3, 3], pads: [0, 1, 0, 0] }],
    // A remainder larger than the padding behind: the last column has no window at all.
    ['stride larger than the kernel', [1, 2, 7, 6], [2, 2, 1, 2], { strides: [3, 4] }],
    ['stride 2, dilation 2 and 3', [1, 2, 8, 9], [2, 2, 3, 2], { strides: [2, 1], dilations: [2, 3] }],
    // Remainder 2 with dilation 2: the kernel seems one longer to dW.
    ['stride 3, dilation 2, remainder 2', [1, 1, 7, 1], [1, 1, 3, 1], { strides: [3, 1], dilations: [2, 1] }],
    ['groups of 2 to 3 channels', [2, 4, 3, 4], [6, 2, 3, 2], { group: 2, pads: [1, 1, 1, 1] }],
    ['groups, stride 2', [2, 4, 5, 4], [6, 2, 3, 2], { group: 2, strides: [2, 2], pads: [1, 0, 1, 0] }],
    ['depthwise', [2, 3, 4, 4], [3, 1, 3, 3], { group: 3, pads: [1, 1, 1, 1] }],
    ['depthwise, multiplier 2, stride 2', [1, 3, 4, 5], [6, 1, 3, 3], { group: 3, strides: [2, 2] }],
    ['auto_pad VALID', [1, 2, 4, 4], [2, 2, 3, 2], { auto_pad: 'VALID' }],
    // Odd padding: the extra row is behind or before the image.
    ['auto_pad SAME_UPPER', [1, 2, 4, 5], [2, 2, 4, 2], { auto_pad: 'SAME_UPPER' }],
    ['auto_pad SAME_LOWER', [1, 2, 4, 5], [2, 2, 4, 2], { auto_pad: 'SAME_LOWER' }],
    // Total padding 2·1+4-4 = 2 and 2·2+2-5 = 1.
    ['SAME_UPPER, stride 2', [1, 2, 4, 5], [2, 2, 4, 2], { auto_pad: 'SAME_UPPER', strides: [2, 2] }],
    ['SAME_LOWER, stride 2', [1, 2, 4, 5], [2, 2, 4, 2], { auto_pad: 'SAME_LOWER', strides: [2, 2] }],
    // Windows that leave gaps need no padding: the total would be negative.
    [
      'SAME_UPPER, stride 3 of kernel 1',
      [1, 2, 5, 4],
      [2, 2, 1, 1],
      { auto_pad: 'SAME_UPPER', strides: [3, 3] },
    ],
    ['1-D, stride 2', [2, 2, 7], [3, 2, 4], { strides: [2], pads: [1, 2] }],
    ['1-D grouped, dilated', [2, 4, 8], [4, 2, 3], { group: 2, dilations: [2], pads: [2, 1] }],
    ['3-D', [1, 2, 3, 4, 3], [2, 2, 2, 3, 2], { pads: [1, 0, 0, 0, 1, 1] }],
    ['3-D, stride 2', [1, 1, 4, 5, 3], [2, 1, 2, 3, 2], { strides: [2, 2, 2], pads: [0, 1, 1, 0, 1, 0] }],
    // The whole image in one window, as classifiers ended before global pooling.
    ['kernel as large as the image', [2, 2, 3, 2], [3, 2, 3, 2], {}],
  ];
  test.for(cases)('%s', ([, x, w, attributes]) => check('Conv', x, w, attributes));

  for (const opset of [7, 11, 22])
    test(`opset ${opset}`, () => check('Conv', [1, 2, 4, 4], [2, 2, 3, 3], { strides: [2, 2] }, opset));

  test('without a bias, weights computed by the model', () =>
    expectGradients({
      nodes: [
        makeNode('Mul', ['w', 'scale'], ['scaled']),
        makeNode('Conv', ['x', 'scaled'], ['y'], { pads: [1, 1, 1, 1], group: 2 }),
      ],
      inputs: { x: [1, 4, 3, 3], scale: [4, 1, 1, 1] },
      constants: [weights('w', [4, 2, 3, 3])],
      precision: 'float32',
      step: 0.5,
      bound: 2e-5,
    }));
});

describe('ConvTranspose', () => {
  const cases: readonly (readonly [string, readonly number[], readonly number[], Attributes])[] = [
    ['2×3', [2, 2, 3, 2], [2, 3, 2, 3], {}],
    ['stride 2, pads', [1, 2, 3, 2], [2, 3, 3, 3], { strides: [2, 2], pads: [1, 0, 0, 1] }],
    // Different paddings of the output: 1 and 2 of stride 3.
    ['output_padding', [1, 2, 2, 3], [2, 2, 3, 4], { strides: [3, 3], output_padding: [1, 2] }],
    ['dilation 2', [1, 2, 3, 3], [2, 3, 3, 2], { dilations: [2, 2], pads: [1, 1, 1, 1], strides: [2, 1] }],
    ['groups', [2, 4, 2, 3], [4, 3, 3, 2], { group: 2, strides: [2, 2], pads: [1, 0, 1, 0] }],
    ['depthwise', [2, 3, 3, 3], [3, 1, 2, 2], { group: 3, strides: [2, 2] }],
    ['auto_pad VALID', [1, 2, 3, 2], [2, 2, 3, 2], { auto_pad: 'VALID', strides: [2, 2] }],
    // An odd surplus, 3 of kernel 5 and stride 2, is cut more at one end.
    ['SAME_UPPER', [1, 2, 3, 2], [2, 2, 5, 3], { auto_pad: 'SAME_UPPER', strides: [2, 2] }],
    ['SAME_LOWER', [1, 2, 3, 2], [2, 2, 5, 3], { auto_pad: 'SAME_LOWER', strides: [2, 2] }],
    // Windows reach to (3-1)·2+3 = 7 and (2-1)·2+3 = 5: one to cut, and none.
    ['output_shape', [1, 2, 3, 2], [2, 2, 3, 3], { strides: [2, 2], output_shape: [6, 5] }],
    [
      'output_shape, SAME_UPPER',
      [1, 2, 3, 2],
      [2, 2, 3, 3],
      { strides: [2, 2], output_shape: [6, 4], auto_pad: 'SAME_UPPER' },
    ],
    ['1-D', [2, 2, 4], [2, 3, 3], { strides: [2], output_padding: [1], pads: [1, 1] }],
    ['3-D', [1, 2, 2, 2, 3], [2, 1, 2, 3, 2], { strides: [2, 1, 2], pads: [0, 1, 0, 0, 1, 1] }],
  ];
  test.for(cases)('%s', ([, x, w, attributes]) => check('ConvTranspose', x, w, attributes));

  for (const opset of [7, 11, 22])
    test(`opset ${opset}`, () =>
      check('ConvTranspose', [1, 2, 3, 3], [2, 2, 3, 3], { strides: [2, 2] }, opset));
});

describe('what is not covered is said', () => {
  const refused = (attributes: Attributes, lengths: readonly (number | undefined)[]) => {
    const bytes = writeModel({
      irVersion: 8,
      opsets: new Map([['', 17]]),
      graph: makeGraph('case', {
        nodes: [makeNode('Conv', ['x', 'w'], ['y'], attributes, 'c1')],
        inputs: [
          { name: 'x', dtype: 'float32', shape: [1, 4, 5, 5] },
          { name: 'w', dtype: 'float32', shape: lengths },
        ],
        outputs: [{ name: 'y' }],
      }),
    });
    return () => differentiate(parseModel(bytes), { wrt: ['w'], score: { tensor: 'y' } });
  };

  test('a kernel whose size is known only at run time', () =>
    expect(refused({}, [2, 4, undefined, undefined])).toThrow(
      'gradient of Conv (node "c1"): expected a kernel of known size, got one that is known only at run time.',
    ));
  test('groups of an unknown number of channels', () =>
    expect(refused({ group: 2, kernel_shape: [3, 3] }, [2, undefined, 3, 3])).toThrow(
      'gradient of Conv (node "c1"): expected a known number of channels per group, got one that is known only at run time.',
    ));
});
