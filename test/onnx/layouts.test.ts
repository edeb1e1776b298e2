import { describe, expect, test } from 'vitest';
import { extentOf } from '../../src/explain/layout.js';
import { analyse, type Node, parseModel } from '../../src/onnx/index.js';
import { caseBytes } from '../cases/case.js';
import { integers, type ModelSpec, node, weights } from './build.js';
import { conv, errorOf, head, read } from './small.js';

const layoutIn = (layer: string, nodes: readonly Node[], initializers: ModelSpec['initializers'] = {}) =>
  analyse(read(nodes, { initializers })).featureMap(layer).layout;

describe('channels last', () => {
  const constants = { scale: weights([4]), square: weights([4, 4], 5), fc: weights([4, 5]) };
  const turned = node('Transpose', ['c'], ['t'], { perm: [0, 2, 3, 1] });
  const back = [node('Transpose', ['r'], ['b'], { perm: [0, 3, 1, 2] }), ...head('b')];
  const mean = [
    node('ReduceMean', ['r'], ['m'], { axes: [1, 2], keepdims: 0 }),
    node('Gemm', ['m', 'fc'], ['logits']),
  ];

  test.each<[string, readonly Node[], string]>([
    ['moved there', [node('Relu', ['t'], ['r']), ...back], 't'],
    [
      'moved back',
      [node('MatMul', ['t', 'square'], ['y']), node('Add', ['y', 'scale'], ['r']), ...back],
      'r',
    ],
    [
      'a mean over the middle axes',
      [node('MatMul', ['t', 'square'], ['y']), node('Relu', ['y'], ['r']), ...mean],
      'r',
    ],
    [
      'a layer normalisation',
      [
        node('Relu', ['t'], ['q']),
        node('Relu', ['q'], ['s']),
        node('LayerNormalization', ['s', 'scale'], ['r'], { axis: -1 }),
        ...mean,
      ],
      's',
    ],
  ])('%s', (_, nodes, layer) => {
    expect(layoutIn(layer, [conv, turned, ...nodes], constants)).toEqual({ kind: 'nhwc' });
  });

  test('what is moved back to the front is [n, K, h, w], and the default where pooling reads it', () => {
    const network = analyse(read([conv, turned, node('Relu', ['t'], ['r']), ...back]));
    expect(network.featureMap('b').layout).toEqual({ kind: 'nchw' });
    expect(network.targetLayer.name).toBe('b');
  });
});

describe('tokens', () => {
  /** Patches of an 8 × 8 picture, `[n, 4, h, w]`, as tokens behind some others. */
  const tokensOf = (stride: readonly [number, number], prefix: number, shape: readonly number[]) =>
    layoutIn(
      'sum',
      [
        node('Conv', ['x', 'p'], ['c'], { strides: [...stride] }),
        node('Reshape', ['c', 'flat'], ['rows']),
        node('Transpose', ['rows'], ['columns'], { perm: [0, 2, 1] }),
        node('Reshape', ['columns', 'merged'], ['patches']),
        ...(prefix > 0 ? [node('Concat', ['others', 'patches'], ['tokens'], { axis: 1 })] : []),
        node('Add', [prefix > 0 ? 'tokens' : 'patches', prefix > 0 ? 'tokens' : 'patches'], ['sum']),
        node('ReduceMean', ['sum'], ['m'], { axes: [1], keepdims: 0 }),
        node('Gemm', ['m', 'fc'], ['logits']),
      ],
      {
        p: weights([4, 3, ...stride]),
        flat: integers(0, 4, -1),
        merged: integers(0, ...shape),
        others: weights([1, prefix, shape[1]]),
        fc: weights([shape[1], 5]),
      },
    );

  test.each<[string, readonly [number, number], number, readonly number[], unknown]>([
    ['a square grid', [2, 2], 0, [16, 4], { kind: 'tokens', grid: [4, 4], prefix: 0 }],
    ['a grid that is not square', [1, 2], 0, [32, 4], { kind: 'tokens', grid: [8, 4], prefix: 0 }],
    ['a class token', [2, 2], 1, [16, 4], { kind: 'tokens', grid: [4, 4], prefix: 1 }],
    ['a class token and four registers', [1, 2], 5, [32, 4], { kind: 'tokens', grid: [8, 4], prefix: 5 }],
    ['merged patches', [1, 1], 0, [16, 16], { kind: 'tokens', grid: [4, 4], prefix: 0 }],
  ])('%s', (_, stride, prefix, shape, layout) => {
    expect(tokensOf(stride, prefix, shape)).toEqual(layout);
  });

  test('more tokens than the grid and a few in front are refused', () => {
    expect(errorOf(() => tokensOf([2, 2], 20, [16, 4]))).toEqual([
      'layer',
      expect.stringContaining('expected tokens [n, prefix + h·w, K] of a known grid'),
    ]);
  });
});

describe('what is no layout', () => {
  const pooled = [
    node('Transpose', ['c'], ['t'], { perm: [0, 2, 3, 1] }),
    node('Reshape', ['t', 'windows'], ['v']),
    node('MatMul', ['v', 'square'], ['p']),
    node('Relu', ['p'], ['r']),
    node('Reshape', ['r', 'grid'], ['g']),
    node('ReduceMean', ['g'], ['m'], { axes: [1, 2], keepdims: 0 }),
    node('Gemm', ['m', 'fc'], ['logits']),
  ];
  const constants = {
    grid: integers(0, 8, 8, 4),
    square: weights([4, 4]),
    fc: weights([4, 5]),
  };

  test.each<[string, readonly number[]]>([
    ['windows that are folded into the batch', [-1, 16, 4]],
    ['windows on an axis of their own', [-1, 4, 16, 4]],
  ])('%s', (_, windows) => {
    const given = { ...constants, windows: integers(...windows) };
    const network = (nodes: readonly Node[]) =>
      read(nodes, { inputs: { x: ['n', 3, 8, 8] }, initializers: given });
    const same = node('Conv', ['x', 'w'], ['c'], { pads: [1, 1, 1, 1] });
    const model = analyse(network([same, ...pooled]));
    expect(errorOf(() => model.featureMap('r'))[0]).toBe('layer');
    expect(model.featureMap('t').layout).toEqual({ kind: 'nhwc' });
  });

  test('channels in front of positions on one axis', () => {
    const rows = [
      node('Conv', ['x', 'w'], ['c'], { strides: [2, 2], pads: [1, 1, 1, 1] }),
      node('Reshape', ['c', 'flat'], ['rows']),
      node('Relu', ['rows'], ['r']),
      node('ReduceMean', ['r'], ['m'], { axes: [2], keepdims: 0 }),
      node('Gemm', ['m', 'fc'], ['logits']),
    ];
    const given = { ...constants, flat: integers(0, 4, -1) };
    expect(errorOf(() => analyse(read(rows, { initializers: given })).featureMap('r'))[0]).toBe('layer');
  });
});

test('a picture of free size: the grid is that of the usual size', () => {
  const nodes = [
    node('Conv', ['x', 'p'], ['c'], { strides: [16, 16] }),
    node('Reshape', ['c', 'flat'], ['rows']),
    node('Transpose', ['rows'], ['columns'], { perm: [0, 2, 1] }),
    node('Add', ['columns', 'columns'], ['sum']),
    node('ReduceMean', ['sum'], ['m'], { axes: [1], keepdims: 0 }),
    node('Gemm', ['m', 'fc'], ['logits']),
  ];
  const free = read(nodes, {
    inputs: { x: ['n', 3, 'h', 'w'] },
    initializers: { p: weights([4, 3, 16, 16]), flat: integers(0, 4, -1) },
  });
  const layout = { kind: 'tokens', grid: [14, 14], prefix: 0, isScaled: true } as const;
  expect(analyse(free).featureMap('sum').layout).toEqual(layout);
  const at = (height: number, width: number) => analyse(free).layoutAt('sum', [height, width]);
  expect(at(320, 320)).toEqual({ kind: 'tokens', grid: [20, 20], prefix: 0 });
  // As many positions as the usual size has, in another grid.
  expect(at(112, 448)).toEqual({ kind: 'tokens', grid: [7, 28], prefix: 0 });
  expect(extentOf(layout, [2, 20 * 20, 4])).toBeUndefined();
});

test('the layers of a transformer are its norms and sums', () => {
  const { featureMaps, targetLayer } = analyse(parseModel(caseBytes('vit-tokens/model.onnx'), 'm.onnx'));
  expect(featureMaps.map(({ name }) => name)).toEqual([
    '/conv_proj/Conv_output_0',
    '/encoder/layers/encoder_layer_0/ln_1/Add_1_output_0',
    '/encoder/layers/encoder_layer_0/Add_output_0',
    '/encoder/layers/encoder_layer_0/ln_2/Add_1_output_0',
    '/encoder/layers/encoder_layer_0/Add_1_output_0',
    '/encoder/layers/encoder_layer_1/ln_1/Add_1_output_0',
    '/encoder/layers/encoder_layer_1/Add_output_0',
    '/encoder/layers/encoder_layer_1/ln_2/Add_1_output_0',
    '/encoder/layers/encoder_layer_1/Add_1_output_0',
    '/encoder/ln/Add_1_output_0',
  ]);
  expect(targetLayer.layout).toEqual({ kind: 'tokens', grid: [4, 4], prefix: 1 });
  expect(targetLayer.reason).toContain(
    'the last layer from which more than the class token reaches the scores',
  );
});
