import { describe, expect, test } from 'vitest';
import { inferShapes, makeGraph, type Node, parseModel, type Shape } from '../../src/onnx/index.js';
import { float, integers, type ModelSpec, model, node, weights } from './build.js';

/** Shape of `y` after `nodes`. */
function shapeOf(x: Shape, nodes: readonly Node[], more: Partial<ModelSpec> = {}): Shape | undefined {
  return inferShapes(parseModel(model({ inputs: { x }, nodes, outputs: { y: {} }, ...more }))).get('y');
}

const image: Shape = ['n', 6, 10, 12];

describe('spatial operators', () => {
  const w = { w: weights([8, 6, 3, 3]) };

  test.each<[string, Node, Shape]>([
    ['Conv', node('Conv', ['x', 'w'], ['y']), ['n', 8, 8, 10]],
    [
      'Conv, stride, pads, dilation',
      node('Conv', ['x', 'w'], ['y'], { strides: [2, 3], pads: [0, 1, 2, 3], dilations: [2, 1] }),
      ['n', 8, 4, 5],
    ],
    [
      'Conv SAME_UPPER',
      node('Conv', ['x', 'w'], ['y'], { strides: [3, 3], auto_pad: 'SAME_UPPER' }),
      ['n', 8, 4, 4],
    ],
    [
      'Conv VALID ignores pads',
      node('Conv', ['x', 'w'], ['y'], { pads: [9, 9, 9, 9], auto_pad: 'VALID' }),
      ['n', 8, 8, 10],
    ],
    [
      'MaxPool floor',
      node('MaxPool', ['x'], ['y'], { kernel_shape: [3, 3], strides: [2, 2] }),
      ['n', 6, 4, 5],
    ],
    [
      'MaxPool ceil',
      node('MaxPool', ['x'], ['y'], { kernel_shape: [3, 3], strides: [2, 2], ceil_mode: 1 }),
      ['n', 6, 5, 6],
    ],
    // Without the rule that the last window starts inside, this would be 5 wide.
    [
      'AveragePool ceil, window beyond the end',
      node('AveragePool', ['x'], ['y'], {
        kernel_shape: [2, 2],
        strides: [1, 3],
        pads: [0, 0, 0, 1],
        ceil_mode: 1,
      }),
      ['n', 6, 9, 4],
    ],
    ['GlobalMaxPool', node('GlobalMaxPool', ['x'], ['y']), ['n', 6, 1, 1]],
    ['DepthToSpace', node('DepthToSpace', ['d'], ['y'], { blocksize: 2 }), [1, 2, 6, 10]],
    ['SpaceToDepth', node('SpaceToDepth', ['x'], ['y'], { blocksize: 2 }), ['n', 24, 5, 6]],
    ['Pad', node('Pad', ['x', 'pads'], ['y']), ['n', 6, 12, 18]],
    ['Resize by scales', node('Resize', ['x', '', 'scales'], ['y']), ['n', 6, 15, 24]],
    ['Resize to sizes', node('Resize', ['x', '', '', 'sizes'], ['y']), [2, 6, 7, 7]],
  ])('%s', (_, op, expected) => {
    const initializers = {
      ...w,
      d: weights([1, 8, 3, 5]),
      pads: integers(0, 0, 1, 2, 0, 0, 1, 4),
      scales: { dims: [4], values: Float32Array.of(1, 1, 1.5, 2) },
      sizes: integers(2, 6, 7, 7),
    };
    expect(shapeOf(image, [op], { initializers })).toEqual(expected);
  });

  test('ConvTranspose with groups and output padding', () => {
    const attributes = { strides: [2, 2], pads: [1, 1, 1, 1], output_padding: [1, 0], group: 3 };
    const initializers = { w: weights([6, 2, 3, 3]) };
    expect(shapeOf(image, [node('ConvTranspose', ['x', 'w'], ['y'], attributes)], { initializers })).toEqual([
      'n',
      6,
      20,
      23,
    ]);
  });

  test('named height and width survive only where nothing changes them', () => {
    const free: Shape = ['n', 6, 'h', 'w'];
    const same = { auto_pad: 'SAME_UPPER' };
    expect(shapeOf(free, [node('Conv', ['x', 'w'], ['y'], same)], { initializers: w })).toEqual([
      'n',
      8,
      'h',
      'w',
    ]);
    expect(shapeOf(free, [node('Conv', ['x', 'w'], ['y'])], { initializers: w })).toEqual([
      'n',
      8,
      undefined,
      undefined,
    ]);
  });
});

describe('layout and linear operators', () => {
  const initializers = {
    m: weights([12, 5]),
    axes: integers(1, -1),
    two: integers(2),
    minus: integers(-1),
    zero: integers(0),
    far: { dims: [1], values: BigInt64Array.of(2n ** 63n - 1n) },
    target: integers(0, -1),
    tiles: integers(1, 2, 1, 3),
    parts: integers(1, 5),
    index: { dims: [], values: BigInt64Array.of(1n) },
  };

  test.each<[string, Node, Shape | undefined]>([
    ['Flatten', node('Flatten', ['x'], ['y']), ['n', 720]],
    ['Flatten axis -1', node('Flatten', ['x'], ['y'], { axis: -1 }), [undefined, 12]],
    ['Reshape 0, -1', node('Reshape', ['x', 'target'], ['y']), ['n', 720]],
    ['Transpose', node('Transpose', ['x'], ['y'], { perm: [0, 2, 3, 1] }), ['n', 10, 12, 6]],
    ['Unsqueeze', node('Unsqueeze', ['x', 'axes'], ['y']), ['n', 1, 6, 10, 12, 1]],
    ['Squeeze without axes of a named length', node('Squeeze', ['x'], ['y']), undefined],
    ['MatMul', node('MatMul', ['x', 'm'], ['y']), ['n', 6, 10, 5]],
    ['ReduceMean', node('ReduceMean', ['x'], ['y'], { axes: [2, -1], keepdims: 0 }), ['n', 6]],
    ['ReduceMean of all', node('ReduceMean', ['x'], ['y']), [1, 1, 1, 1]],
    ['ReduceSum with axes as input', node('ReduceSum', ['x', 'axes'], ['y']), ['n', 1, 10, 1]],
    ['ArgMax', node('ArgMax', ['x'], ['y'], { axis: 1, keepdims: 0 }), ['n', 10, 12]],
    ['Concat', node('Concat', ['x', 'x'], ['y'], { axis: -3 }), ['n', 12, 10, 12]],
    ['Concat of named lengths', node('Concat', ['x', 'x'], ['y'], { axis: 0 }), [undefined, 6, 10, 12]],
    ['Slice from 2 to the end', node('Slice', ['x', 'two', 'far', 'two'], ['y']), ['n', 6, 8, 12]],
    ['Slice backwards', node('Slice', ['x', 'minus', 'zero', 'two', 'minus'], ['y']), ['n', 6, 9, 12]],
    ['Slice of the whole batch', node('Slice', ['x', 'zero', 'far', 'zero'], ['y']), ['n', 6, 10, 12]],
    ['Gather drops an axis', node('Gather', ['x', 'index'], ['y'], { axis: 2 }), ['n', 6, 12]],
    ['Split', node('Split', ['x', 'parts'], ['', 'y'], { axis: 1 }), ['n', 5, 10, 12]],
    ['Split evenly', node('Split', ['x'], ['', 'y'], { axis: 1 }), ['n', 3, 10, 12]],
    ['Tile', node('Tile', ['x', 'tiles'], ['y']), ['n', 12, 10, 36]],
    ['Dropout', node('Dropout', ['x'], ['y']), ['n', 6, 10, 12]],
    ['LayerNormalization', node('LayerNormalization', ['x', 'm'], ['y']), ['n', 6, 10, 12]],
    ['an unknown operator', node('Mystery', ['x'], ['y']), undefined],
  ])('%s', (_, op, expected) => {
    expect(shapeOf(image, [op], { initializers })).toEqual(expected);
  });

  test('Gemm, transposed or not', () => {
    const more = { initializers: { a: weights([7, 6]), b: weights([6, 7]) } };
    expect(shapeOf(['n', 6], [node('Gemm', ['x', 'a'], ['y'], { transB: 1 })], more)).toEqual(['n', 7]);
    expect(shapeOf(['n', 6], [node('Gemm', ['x', 'b'], ['y'])], more)).toEqual(['n', 7]);
  });

  test('broadcasting: ones give way, names meet themselves, unknown meets known', () => {
    const add = (a: Shape, b: Shape) =>
      inferShapes(
        parseModel(model({ inputs: { a, b }, nodes: [node('Add', ['a', 'b'], ['y'])], outputs: { y: {} } })),
      ).get('y');
    expect(add(['n', 6, 1, 1], ['n', 6, 10, 12])).toEqual(['n', 6, 10, 12]);
    expect(add(['n', 6, 4, 4], [6, 1, 1])).toEqual(['n', 6, 4, 4]);
    expect(add(['n', undefined], ['m', 3])).toEqual([undefined, 3]);
    expect(add([], [2])).toEqual([2]);
  });
});

describe('shapes that are computed', () => {
  // What exporters write for x.view(x.size(0), -1).
  test('Shape → Gather → Unsqueeze → Concat → Reshape keeps the batch by name', () => {
    const nodes = [
      node('Shape', ['x'], ['s']),
      node('Gather', ['s', 'first'], ['b']),
      node('Unsqueeze', ['b', 'axis'], ['b1']),
      node('Concat', ['b1', 'rest'], ['t'], { axis: 0 }),
      node('Reshape', ['x', 't'], ['y']),
    ];
    const initializers = {
      first: { dims: [], values: BigInt64Array.of(0n) },
      axis: integers(0),
      rest: integers(-1),
    };
    expect(shapeOf(image, nodes, { initializers })).toEqual(['n', 720]);
  });

  // What torch.onnx.export(dynamo=True) writes for x.view(x.size(0), -1).
  test('Shape of a few axes → Squeeze → Reshape → Concat → Reshape keeps the batch by name', () => {
    const nodes = (from: number, to: number) => [
      node('Shape', ['x'], ['s'], { start: from, end: to }),
      node('Squeeze', ['s'], ['n']),
      node('Reshape', ['n', 'open'], ['n1']),
      node('Concat', ['n1', 'open'], ['t'], { axis: 0 }),
      node('Reshape', ['x', 't'], ['y']),
    ];
    const more = { opset: 18, initializers: { open: integers(-1) } };
    expect(shapeOf(image, nodes(0, 1), more)).toEqual(['n', 720]);
    // From the last axis, and beyond it.
    expect(shapeOf(image, nodes(-1, 9), more)).toEqual([12, undefined]);
    const some = (attributes: { start?: number; end?: number }) =>
      shapeOf(image, [node('Shape', ['x'], ['y'], { ...attributes })], more);
    expect([{}, { start: 1 }, { end: -1 }, { start: 3, end: 2 }].map(some)).toEqual([[4], [3], [3], [0]]);
  });

  test.each([
    ['of the divisor', 0, [3, 2]],
    ['of the dividend', 1, undefined],
  ])('Mod: the sign is that %s', (_, fmod, lengths) => {
    const nodes = [
      node('Mod', ['a', 'b'], ['m'], { fmod }),
      node('Add', ['m', 'shift'], ['s']),
      node('ConstantOfShape', ['s'], ['y']),
    ];
    // -1 and 6, modulo 4: 3 and 2, or -1 and 2.
    const shift = lengths ? integers(0, 0) : integers(5, 0);
    const initializers = { a: integers(-1, 6), b: integers(4, 4), shift };
    expect(shapeOf(image, nodes, { initializers })).toEqual(lengths ?? [4, 2]);
  });

  // Old exports of interpolation: integers divide towards zero, floats do not.
  test('Shape → Slice → Cast → Div → Floor → Cast → Resize', () => {
    const nodes = [
      node('Shape', ['x'], ['s']),
      node('Slice', ['s', 'two', 'four'], ['hw']),
      node('Cast', ['hw'], ['f'], { to: 1 }),
      node('Div', ['f', 'scale'], ['d']),
      node('Floor', ['d'], ['fl']),
      node('Cast', ['fl'], ['i'], { to: 7 }),
      node('Slice', ['s', 'zero', 'two'], ['nc']),
      node('Concat', ['nc', 'i'], ['sizes'], { axis: 0 }),
      node('Resize', ['x', '', '', 'sizes'], ['y']),
    ];
    const initializers = {
      zero: integers(0),
      two: integers(2),
      four: integers(4),
      scale: { dims: [], values: Float32Array.of(0.75) },
    };
    expect(shapeOf(image, nodes, { initializers })).toEqual(['n', 6, 13, 16]);
    const halves = { ...initializers, scale: { dims: [], values: Float32Array.of(4) } };
    expect(shapeOf(image, nodes, { initializers: halves })).toEqual(['n', 6, 2, 3]);
  });

  test('an If with a known condition has the shape of its branch, with an unknown one what both agree on', () => {
    const keep = makeGraph('keep', { nodes: [node('Relu', ['x'], ['k'])], outputs: [{ name: 'k' }] });
    const turn = makeGraph('turn', {
      nodes: [node('Transpose', ['x'], ['t'], { perm: [0, 1, 3, 2] })],
      outputs: [{ name: 't' }],
    });
    const attributes = {
      then_branch: { type: 'graph', value: turn },
      else_branch: { type: 'graph', value: keep },
    } as const;
    const of = (spec: Partial<ModelSpec>) => shapeOf(image, [node('If', ['c'], ['y'], attributes)], spec);
    const bool = (value: number) => ({
      c: { dims: [], values: Uint8Array.of(value), dtype: 'bool' as const },
    });
    expect(of({ initializers: bool(1) })).toEqual(['n', 6, 12, 10]);
    expect(of({ initializers: bool(0) })).toEqual(['n', 6, 10, 12]);
    expect(of({ inputs: { x: image, c: { dtype: 'bool', shape: [] } } })).toEqual([
      'n',
      6,
      undefined,
      undefined,
    ]);
  });
});

test('what the file says fills the gaps and does not overrule', () => {
  const nodes = [node('Mystery', ['x'], ['m']), node('Relu', ['m'], ['y'])];
  expect(shapeOf(image, nodes, { valueInfo: { m: ['n', 5, 2, 2] } })).toEqual(['n', 5, 2, 2]);
  expect(shapeOf(image, [node('Relu', ['x'], ['y'])], { outputs: { y: ['n', 9, 9, 9] } })).toEqual(image);
});

test('a window larger than its image, and nonsense strides, give unknown lengths', () => {
  expect(shapeOf(image, [node('MaxPool', ['x'], ['y'], { kernel_shape: [20, 1] })])).toEqual([
    'n',
    6,
    undefined,
    12,
  ]);
  const zero = { kernel_shape: [1, 1], strides: [0, 1] };
  expect(shapeOf(image, [node('MaxPool', ['x'], ['y'], zero)])).toEqual(['n', 6, undefined, 12]);
});

test('float attributes do not stand in for integers', () => {
  expect(shapeOf(image, [node('Flatten', ['x'], ['y'], { axis: float(2) })])).toEqual(['n', 720]);
});
