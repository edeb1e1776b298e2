// Tensors with channels last that lie on no grid of the picture.
import { describe, expect, test } from 'vitest';
import { analyse, type Node } from '../../src/onnx/index.js';
import { integers, type ModelSpec, node, weights } from './build.js';
import { conv, errorOf, read } from './small.js';

const known = (nodes: readonly Node[], initializers: ModelSpec['initializers'] = {}) =>
  analyse(read(nodes, { opset: 17, initializers }));

test('a norm behind global pooling has a single position: the layer before it is chosen (ConvNeXt)', () => {
  const { featureMaps, targetLayer } = known(
    [
      conv,
      node('Relu', ['c'], ['r']),
      node('GlobalAveragePool', ['r'], ['g']),
      node('Transpose', ['g'], ['t'], { perm: [0, 2, 3, 1] }),
      node('LayerNormalization', ['t', 'scale'], ['normed'], { axis: -1 }),
      node('Transpose', ['normed'], ['b'], { perm: [0, 3, 1, 2] }),
      node('Flatten', ['b'], ['f']),
      node('Gemm', ['f', 'fc'], ['logits']),
    ],
    { scale: weights([4]) },
  );
  expect(featureMaps.map(({ name }) => name)).toEqual(['c', 'r']);
  expect(targetLayer.name).toBe('r');
});

describe('norms of queries and keys', () => {
  const heads = (from: string, to: string) => [
    node('Reshape', [from, 'heads'], [`${to} of heads`]),
    node('Transpose', [`${to} of heads`], [to], { perm: [0, 2, 1, 3] }),
  ];
  const network = known(
    [
      node('Conv', ['x', 'patches'], ['c'], { strides: [2, 2] }),
      node('Reshape', ['c', 'flat'], ['rows']),
      node('Transpose', ['rows'], ['columns'], { perm: [0, 2, 1] }),
      node('Add', ['columns', 'columns'], ['tokens']),
      node('LayerNormalization', ['tokens', 'scale'], ['norm'], { axis: -1 }),
      ...['q', 'k', 'v'].flatMap((name) => [
        node('MatMul', ['norm', `weights ${name}`], [`${name} of tokens`]),
        ...heads(`${name} of tokens`, name),
      ]),
      node('LayerNormalization', ['q', 'scale of heads'], ['q normed'], { axis: -1 }),
      node('LayerNormalization', ['k', 'scale of heads'], ['k normed'], { axis: -1 }),
      node('Transpose', ['k normed'], ['k turned'], { perm: [0, 1, 3, 2] }),
      node('MatMul', ['q normed', 'k turned'], ['attention']),
      node('Softmax', ['attention'], ['shares'], { axis: -1 }),
      node('MatMul', ['shares', 'v'], ['mixed']),
      node('Transpose', ['mixed'], ['mixed back'], { perm: [0, 2, 1, 3] }),
      node('Reshape', ['mixed back', 'joined'], ['out']),
      node('Add', ['tokens', 'out'], ['sum']),
      node('Gather', ['sum', 'first'], ['one'], { axis: 1 }),
      node('Gemm', ['one', 'fc'], ['logits']),
    ],
    {
      patches: weights([8, 3, 2, 2]),
      flat: integers(0, 8, -1),
      heads: integers(0, 16, 2, 4),
      joined: integers(0, 16, 8),
      scale: weights([8]),
      'scale of heads': weights([4]),
      'weights q': weights([8, 8], 2),
      'weights k': weights([8, 8], 3),
      'weights v': weights([8, 8], 4),
      first: { dims: [], values: BigInt64Array.of(0n) },
      fc: weights([8, 5]),
    },
  );

  test('are no layers, by default or by name', () => {
    expect(network.featureMaps.map(({ name }) => name)).toEqual(['c', 'tokens', 'norm', 'sum']);
    expect(network.targetLayer.name).toBe('norm');
    expect(errorOf(() => network.featureMap('k normed'))).toEqual([
      'layer',
      expect.stringContaining('[n, h, w, K] on the grid of the layers in front of it, got [n, 2, 16, 4]'),
    ]);
  });
});

test('windows [n · windows, h, w, K] are no layer', () => {
  const network = known(
    [
      conv,
      node('Transpose', ['c'], ['t'], { perm: [0, 2, 3, 1] }),
      node('Reshape', ['t', 'windows'], ['v']),
      node('MatMul', ['v', 'square'], ['p']),
      node('Reshape', ['p', 'grid'], ['g']),
      node('ReduceMean', ['g'], ['m'], { axes: [1, 2], keepdims: 0 }),
      node('Gemm', ['m', 'fc'], ['logits']),
    ],
    { windows: integers(-1, 4, 4, 4), grid: integers(-1, 8, 8, 4), square: weights([4, 4]) },
  );
  expect(errorOf(() => network.featureMap('p'))[0]).toBe('layer');
});

describe('the grid of tokens where no layer tells it', () => {
  /** A picture `[height, width]` as patches of 4 × 4 by a linear layer, behind `prefix` tokens. */
  const tokensOf = (sides: readonly (number | string)[], fed: readonly [number, number], prefix = 0) => {
    const [rows, columns] = fed.map((side) => side / 4);
    const model = read(
      [
        node('Reshape', ['x', 'cells'], ['split']),
        node('Transpose', ['split'], ['joined'], { perm: [0, 2, 4, 1, 3, 5] }),
        node('Reshape', ['joined', 'flat'], ['pixels']),
        node('MatMul', ['pixels', 'weights'], ['patches']),
        ...(prefix > 0 ? [node('Concat', ['others', 'patches'], ['all'], { axis: 1 })] : []),
        node('Add', [prefix > 0 ? 'all' : 'patches', prefix > 0 ? 'all' : 'patches'], ['sum']),
        node('ReduceMean', ['sum'], ['m'], { axes: [1], keepdims: 0 }),
        node('Gemm', ['m', 'fc'], ['logits']),
      ],
      {
        inputs: { x: [1, 3, ...sides] },
        initializers: {
          cells: integers(1, 3, rows, 4, columns, 4),
          flat: integers(1, rows * columns, 48),
          weights: weights([48, 4]),
          others: weights([1, prefix, 4]),
        },
      },
    );
    return analyse(model);
  };

  test('comes from the proportions of the picture', () => {
    const layout = { kind: 'tokens', grid: [4, 16], prefix: 0 };
    expect(tokensOf([16, 64], [16, 64]).featureMap('sum').layout).toEqual(layout);
    expect(tokensOf([64, 16], [64, 16], 1).featureMap('sum').layout).toEqual({
      ...layout,
      grid: [16, 4],
      prefix: 1,
    });
  });

  test('comes from the picture that is fed, where the model leaves its size free', () => {
    const network = tokensOf(['h', 'w'], [16, 64]);
    expect(network.featureMap('sum').layout).toMatchObject({ isScaled: true });
    expect(network.layoutAt('sum', [16, 64])).toEqual({ kind: 'tokens', grid: [4, 16], prefix: 0 });
  });
});

test('a class token behind the positions is refused, not taken for the first one', () => {
  const network = (joined: readonly string[]) =>
    known(
      [
        node('Conv', ['x', 'patches'], ['c'], { strides: [2, 2] }),
        node('Reshape', ['c', 'flat'], ['rows']),
        node('Transpose', ['rows'], ['places'], { perm: [0, 2, 1] }),
        node('Concat', [...joined], ['all'], { axis: 1 }),
        node('Relu', ['all'], ['r']),
        node('Add', ['all', 'r'], ['sum']),
        node('ReduceMean', ['sum'], ['m'], { axes: [1], keepdims: 0 }),
        node('Gemm', ['m', 'fc'], ['logits']),
      ],
      { patches: weights([4, 3, 2, 2]), flat: integers(0, 4, -1), class: weights([1, 1, 4]) },
    );
  const layout = { kind: 'tokens', grid: [4, 4], prefix: 1 };
  expect(network(['class', 'places']).featureMap('sum').layout).toEqual(layout);
  const last = network(['places', 'class']);
  expect(errorOf(() => last.featureMap('sum'))[0]).toBe('layer');
  expect(last.targetLayer.name).toBe('c');
});
