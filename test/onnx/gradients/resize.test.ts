import { describe, test } from 'vitest';
import { constantTensor, int64Vector } from '../../../src/onnx/values.js';
import { type AttributeValue, float, floats, makeNode } from '../../../src/onnx/write.js';
import { expectGradients, type GradientCase } from './check.js';

type Attributes = Record<string, AttributeValue>;

const numbers = (name: string, values: readonly number[]) =>
  constantTensor(name, [values.length], Float32Array.from(values));

/** ONNX Runtime resizes in single precision only. Linear: a large step costs nothing. */
const linear = { precision: 'float32', step: 0.5, bound: 2e-5, wrt: ['x'] } as const;

const byScales = (
  shape: readonly number[],
  scales: readonly number[],
  attributes: Attributes,
  rest: Partial<GradientCase> = {},
) =>
  expectGradients({
    nodes: [makeNode('Resize', ['x', '', 'scales'], ['y'], attributes)],
    inputs: { x: shape },
    constants: [numbers('scales', scales)],
    ...linear,
    ...rest,
  });

const bySizes = (
  shape: readonly number[],
  sizes: readonly number[],
  attributes: Attributes,
  rest: Partial<GradientCase> = {},
) =>
  expectGradients({
    nodes: [makeNode('Resize', ['x', '', '', 'sizes'], ['y'], attributes)],
    inputs: { x: shape },
    constants: [int64Vector('sizes', sizes)],
    ...linear,
    ...rest,
  });

const coordinates = ['half_pixel', 'pytorch_half_pixel', 'align_corners', 'asymmetric'];

describe('Resize nearest', () => {
  const roundings = ['round_prefer_floor', 'round_prefer_ceil', 'floor', 'ceil'];
  // Doubling puts coordinates on quarters and halves, 0.5 on halves and integers, 1.5 and 3/7 in between.
  for (const coordinate_transformation_mode of [...coordinates, 'tf_half_pixel_for_nn'])
    for (const nearest_mode of roundings)
      test(`${coordinate_transformation_mode}, ${nearest_mode}`, async () => {
        const attributes = { coordinate_transformation_mode, nearest_mode };
        const opset = 13;
        await byScales([1, 2, 4, 3], [1, 1, 0.5, 2], attributes, { opset });
        await bySizes([1, 2, 4, 7], [1, 2, 6, 3], attributes, { opset });
      });

  // Any axis may change, and any number of them.
  test('along all of three axes, sizes', () => bySizes([2, 3, 4], [3, 2, 6], {}));
  test('3-D', () => byScales([1, 2, 2, 3, 2], [1, 1, 2, 1.5, 2], {}));
  test('along one axis of one', () => byScales([4], [2], {}));
  test('a scale that leaves part of a sample', () => byScales([1, 1, 5, 7], [1, 1, 0.3, 1.3], {}));
});

describe('Resize linear', () => {
  // To one sample, which half_pixel and pytorch_half_pixel put elsewhere; enlarging; shrinking by no integer.
  for (const coordinate_transformation_mode of coordinates)
    test(coordinate_transformation_mode, async () => {
      const attributes = { mode: 'linear', coordinate_transformation_mode };
      await byScales([2, 2, 3, 4], [1, 1, 2, 1.5], attributes);
      await bySizes([1, 2, 5, 7], [1, 2, 3, 4], attributes);
      await bySizes([1, 1, 4, 3], [1, 1, 1, 5], attributes);
      await bySizes([1, 1, 1, 3], [1, 1, 4, 2], attributes);
    });

  test('half_pixel_symmetric, opset 19', () =>
    byScales(
      [1, 2, 5, 4],
      [1, 1, 0.7, 1.6],
      { mode: 'linear', coordinate_transformation_mode: 'half_pixel_symmetric' },
      { opset: 19 },
    ));
  test('1-D', () => byScales([1, 2, 5], [1, 1, 2.4], { mode: 'linear' }));
  test('3-D', () => byScales([1, 1, 2, 3, 4], [1, 1, 2, 1.5, 0.5], { mode: 'linear' }));
});

// Part of the region lies outside of the image, where the output is the extrapolation value.
describe('Resize tf_crop_and_resize', () => {
  for (const mode of ['nearest', 'linear', 'cubic'])
    test(mode, () =>
      expectGradients({
        nodes: [
          makeNode('Resize', ['x', 'roi', '', 'sizes'], ['y'], {
            mode,
            coordinate_transformation_mode: 'tf_crop_and_resize',
            extrapolation_value: float(10),
          }),
        ],
        inputs: { x: [1, 2, 4, 5] },
        constants: [numbers('roi', [0, 0, 0.3, 0.2, 1, 1, 1.2, 0.7]), int64Vector('sizes', [1, 2, 5, 3])],
        ...linear,
      }),
    );

  test('to one sample, region computed at run time', () =>
    expectGradients({
      nodes: [
        makeNode('Mul', ['given', 'given'], ['roi']),
        makeNode('Resize', ['x', 'roi', '', 'sizes'], ['y'], {
          mode: 'linear',
          coordinate_transformation_mode: 'tf_crop_and_resize',
        }),
      ],
      inputs: {
        x: [1, 2, 4, 5],
        given: { shape: [8], data: Float32Array.of(0, 0, 0.5, 0.3, 1, 1, 0.8, 0.9) },
      },
      constants: [int64Vector('sizes', [1, 2, 1, 3])],
      ...linear,
    }));
});

describe('Resize cubic', () => {
  // Shorter than the kernel: most of it lies outside.
  for (const coordinate_transformation_mode of coordinates)
    test(coordinate_transformation_mode, async () => {
      const attributes = { mode: 'cubic', coordinate_transformation_mode };
      await byScales([1, 2, 3, 5], [1, 1, 2, 1.4], attributes);
      await bySizes([1, 1, 6, 2], [1, 1, 4, 5], attributes);
    });
  test('exclude_outside, another coefficient', () =>
    byScales([1, 2, 4, 5], [1, 1, 2, 0.6], {
      mode: 'cubic',
      exclude_outside: 1,
      cubic_coeff_a: float(-0.5),
    }));
});

describe('Resize with antialias, opset 18', () => {
  for (const mode of ['linear', 'cubic'])
    for (const exclude_outside of [0, 1])
      test(`${mode}, exclude_outside ${exclude_outside}`, () =>
        byScales([1, 2, 7, 6], [1, 1, 0.4, 0.5], { mode, antialias: 1, exclude_outside }, { opset: 18 }));
  test('linear, enlarged', () =>
    byScales([1, 2, 4, 3], [1, 1, 1.5, 2], { mode: 'linear', antialias: 1 }, { opset: 18 }));
});

describe('forms of other opsets', () => {
  for (const opset of [7, 8])
    for (const mode of ['nearest', 'linear'])
      test(`Upsample ${mode}, scales as an attribute, opset ${opset}`, () =>
        expectGradients({
          nodes: [makeNode('Upsample', ['x'], ['y'], { mode, scales: floats([1, 1, 2, 1.5]) })],
          inputs: { x: [1, 2, 3, 4] },
          opset,
          ...linear,
        }));
  for (const [operator, opset] of [
    ['Upsample', 9],
    ['Resize', 10],
  ] as const)
    for (const mode of ['nearest', 'linear'])
      test(`${operator} ${mode}, opset ${opset}`, () =>
        expectGradients({
          nodes: [makeNode(operator, ['x', 'scales'], ['y'], { mode })],
          inputs: { x: [1, 2, 3, 4] },
          constants: [numbers('scales', [1, 1, 2, 1.5])],
          opset,
          ...linear,
        }));
  // Enlarging rounds down, shrinking up.
  test('Resize nearest, shrinking, opset 10', () =>
    expectGradients({
      nodes: [makeNode('Resize', ['x', 'scales'], ['y'], { mode: 'nearest' })],
      inputs: { x: [1, 2, 5, 7] },
      constants: [numbers('scales', [1, 1, 0.6, 0.4])],
      opset: 10,
      ...linear,
    }));
  for (const opset of [13, 18, 19, 21]) {
    test(`scales, opset ${opset}`, () =>
      byScales([1, 2, 3, 4], [1, 1, 2, 1.5], { mode: 'linear' }, { opset }));
    test(`sizes, opset ${opset}`, () => bySizes([1, 2, 3, 4], [1, 2, 5, 6], { mode: 'linear' }, { opset }));
  }
  // Opset 11 has no way to leave scales out: an empty tensor stands for them.
  test('sizes beside empty scales, opset 11', () =>
    expectGradients({
      nodes: [makeNode('Resize', ['x', 'none', 'none', 'sizes'], ['y'], { mode: 'linear' })],
      inputs: { x: [1, 2, 3, 4] },
      constants: [numbers('none', []), int64Vector('sizes', [1, 2, 5, 3])],
      opset: 11,
      ...linear,
    }));
  test('axes from the back, in another order, opset 18', () =>
    byScales([1, 2, 3, 4], [1.5, 2], { axes: [-1, 2], mode: 'linear' }, { opset: 18 }));
  // 5/3 and 2: one of the two sizes is not what comes out.
  for (const keep_aspect_ratio_policy of ['not_larger', 'not_smaller'])
    test(`${keep_aspect_ratio_policy}, opset 18`, () =>
      bySizes(
        [1, 2, 3, 4],
        [5, 8],
        { axes: [2, 3], mode: 'linear', keep_aspect_ratio_policy },
        { opset: 18 },
      ));
});

// As exporters write interpolation to the size of another tensor.
test('sizes computed from the shape of another tensor', () =>
  expectGradients({
    nodes: [
      makeNode('Shape', ['like'], ['shape']),
      makeNode('Resize', ['x', '', '', 'shape'], ['y'], { mode: 'linear' }),
    ],
    inputs: { x: [1, 2, 3, 4], like: [1, 2, 6, 5] },
    ...linear,
  }));

test('scales computed at run time', () =>
  expectGradients({
    nodes: [
      makeNode('Mul', ['given', 'given'], ['scales']),
      makeNode('Resize', ['x', '', 'scales'], ['y'], { mode: 'linear' }),
    ],
    inputs: { x: [1, 2, 3, 4], given: { shape: [4], data: Float32Array.of(1, 1, Math.SQRT2, 1.25) } },
    ...linear,
  }));
