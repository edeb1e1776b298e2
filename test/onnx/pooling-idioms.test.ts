// The layer is what a pooling idiom pools, not a step of it.
import { describe, expect, test } from 'vitest';
import { type Node, targetLayer } from '../../src/onnx/index.js';
import { integers, type ModelSpec, node, weights } from './build.js';
import { conv, read } from './small.js';

const number = (value: number) => ({ dims: [], values: Float32Array.of(value) });

/** A network with that pooling of `r` `[n, 4, 8, 8]` to `p`, which has one number per channel. */
function pooling(nodes: readonly Node[], channels = 4, more: Partial<ModelSpec> = {}) {
  return read(
    [
      conv,
      node('Relu', ['c'], ['r']),
      ...nodes,
      node('Flatten', ['p'], ['f']),
      node('Gemm', ['f', 'head'], ['logits']),
    ],
    {
      opset: 13,
      ...more,
      initializers: {
        ...{ eps: number(1e-6), p3: number(3), third: number(1 / 3), two: number(2), half: number(0.5) },
        ...{ zero: number(0), six: number(6), one: number(1), spatial: integers(2, 3) },
        ...{
          perChannel: weights([1, 4, 1, 1]),
          whole: integers(0, 4, -1),
          learned: { dims: [1], values: Float32Array.of(3) },
        },
        head: weights([channels, 5]),
        ...more.initializers,
      },
    },
  );
}

const power = (from: string, by: string, to: string) => node('Pow', [from, by], [to]);
const mean = (from: string, to: string) => node('GlobalAveragePool', [from], [to]);
const guard = node('Clip', ['r', 'eps'], ['k']);

const idioms: Readonly<Record<string, readonly Node[]>> = {
  'generalised mean': [guard, power('k', 'p3', 'q'), mean('q', 'm'), power('m', 'third', 'p')],
  'generalised mean, ReduceMean': [
    guard,
    power('k', 'p3', 'q'),
    node('ReduceMean', ['q'], ['m'], { axes: [-1, -2], keepdims: 0 }),
    power('m', 'third', 'p'),
  ],
  'generalised mean, whole window': [
    node('Max', ['eps', 'r'], ['k']),
    power('k', 'p3', 'q'),
    node('AveragePool', ['q'], ['m'], { kernel_shape: [8, 8] }),
    power('m', 'third', 'p'),
  ],
  'generalised mean, the power learned and inverted at run time': [
    guard,
    power('k', 'learned', 'q'),
    mean('q', 'm'),
    node('Div', ['one', 'learned'], ['inverse']),
    power('m', 'inverse', 'p'),
  ],
  'generalised mean, a power per channel': [
    guard,
    power('k', 'perChannel', 'q'),
    mean('q', 'm'),
    node('Reciprocal', ['perChannel'], ['inverse']),
    power('m', 'inverse', 'p'),
  ],
  'generalised mean as exponentials': [
    guard,
    node('Log', ['k'], ['l']),
    node('Mul', ['p3', 'l'], ['ml']),
    node('Exp', ['ml'], ['q']),
    mean('q', 'm'),
    node('Log', ['m'], ['lm']),
    node('Div', ['lm', 'p3'], ['dl']),
    node('Exp', ['dl'], ['p']),
  ],
  'generalised mean over windows, then the mean': [
    guard,
    power('k', 'p3', 'q'),
    node('AveragePool', ['q'], ['m'], { kernel_shape: [2, 2], strides: [2, 2] }),
    power('m', 'third', 'b'),
    mean('b', 'p'),
  ],
  'behind a dropout and a cast': [
    node('Dropout', ['r'], ['d']),
    node('Cast', ['d'], ['e'], { to: 1 }),
    node('Clip', ['e', 'eps'], ['k']),
    power('k', 'p3', 'q'),
    mean('q', 'm'),
    power('m', 'third', 'p'),
  ],
  'root of the mean square': [node('Mul', ['r', 'r'], ['q']), mean('q', 'm'), node('Sqrt', ['m'], ['p'])],
  'norm of absolute values': [
    node('Abs', ['r'], ['k']),
    power('k', 'p3', 'q'),
    node('ReduceSum', ['q', 'spatial'], ['m']),
    node('Add', ['m', 'eps'], ['me']),
    power('me', 'third', 'p'),
  ],
  'L2 norm': [node('ReduceL2', ['r'], ['p'], { axes: [2, 3] })],
  'L2 norm, guarded': [guard, node('ReduceL2', ['k'], ['p'], { axes: [2, 3] })],
  GlobalLpPool: [node('GlobalLpPool', ['r'], ['p'], { p: 3 })],
  'log-sum-exp': [
    node('Mul', ['r', 'two'], ['k']),
    node('Exp', ['k'], ['q']),
    mean('q', 'm'),
    node('Log', ['m'], ['l']),
    node('Mul', ['l', 'half'], ['p']),
  ],
  'log-sum-exp of differences from the maximum': [
    node('ReduceMax', ['r'], ['top'], { axes: [2, 3] }),
    node('Sub', ['r', 'top'], ['k']),
    node('Exp', ['k'], ['q']),
    node('ReduceSum', ['q', 'spatial'], ['m']),
    node('Log', ['m'], ['l']),
    node('Add', ['l', 'top'], ['p']),
  ],
  ReduceLogSumExp: [
    node('Mul', ['r', 'two'], ['k']),
    node('ReduceLogSumExp', ['k'], ['l'], { axes: [2, 3] }),
    node('Div', ['l', 'two'], ['p']),
  ],
};

describe('the layer is the tensor before the idiom', () => {
  test.each(Object.entries(idioms))('%s', (_, nodes) => {
    const { name, reason } = targetLayer(pooling(nodes));
    expect(name).toBe('r');
    expect(reason).toMatch(
      /^"r" \(Relu \[n, 4, 8, 8\]\) is the last feature map that the classifier consumes/,
    );
  });

  test('mean and deviation', () => {
    const nodes = [
      node('ReduceMean', ['r'], ['m'], { axes: [2, 3] }),
      node('Sub', ['r', 'm'], ['k']),
      node('Mul', ['k', 'k'], ['q']),
      node('ReduceMean', ['q'], ['v'], { axes: [2, 3] }),
      node('Sqrt', ['v'], ['s']),
      node('Concat', ['m', 's'], ['p'], { axis: 1 }),
    ];
    expect(targetLayer(pooling(nodes, 8)).name).toBe('r');
    // The variance alone, without a root.
    const variance = nodes.toSpliced(4, 2, node('Concat', ['m', 'v'], ['p'], { axis: 1 }));
    expect(targetLayer(pooling(variance, 8)).name).toBe('r');
  });

  test('two idioms side by side', () => {
    const nodes = [
      ...[guard, power('k', 'p3', 'q'), mean('q', 'm'), power('m', 'third', 'gem')],
      ...[node('Mul', ['r', 'r'], ['q2']), mean('q2', 'm2'), node('Sqrt', ['m2'], ['rms'])],
      node('Concat', ['gem', 'rms'], ['p'], { axis: 1 }),
    ];
    expect(targetLayer(pooling(nodes, 8)).name).toBe('r');
  });
});

describe('what is no idiom stays the layer', () => {
  test.each<readonly [what: string, nodes: readonly Node[], layer: string]>([
    ['a squared ReLU', [node('Mul', ['r', 'r'], ['q']), mean('q', 'p')], 'q'],
    [
      'a squared ReLU, its means scaled to length 1',
      [
        node('Mul', ['r', 'r'], ['q']),
        mean('q', 'm'),
        node('Mul', ['m', 'm'], ['mm']),
        node('ReduceSum', ['mm', 'channels'], ['s']),
        node('Sqrt', ['s'], ['l']),
        node('Div', ['m', 'l'], ['p']),
      ],
      'q',
    ],
    [
      'a ReLU6 before a generalised mean',
      [
        node('Clip', ['c', 'zero', 'six'], ['a']),
        power('a', 'p3', 'q'),
        mean('q', 'm'),
        power('m', 'third', 'p'),
      ],
      'a',
    ],
    [
      'a ReLU as a maximum',
      [node('Max', ['c', 'zero'], ['a']), power('a', 'p3', 'q'), mean('q', 'm'), power('m', 'third', 'p')],
      'a',
    ],
    ['an exponential before the mean', [node('Exp', ['r'], ['q']), mean('q', 'p')], 'q'],
    [
      'a sigmoid before the root of a mean',
      [node('Sigmoid', ['r'], ['q']), mean('q', 'm'), node('Sqrt', ['m'], ['p'])],
      'q',
    ],
  ])('%s', (_, nodes, layer) => {
    expect(targetLayer(pooling(nodes, 4, { initializers: { channels: integers(1) } })).name).toBe(layer);
  });
});

describe('between the layer and its pooling', () => {
  test.for<readonly [what: string, nodes: readonly Node[], layer?: string]>([
    [
      'Flatten and a mean',
      [
        node('Flatten', ['r'], ['a'], { axis: 2 }),
        node('ReduceMean', ['a'], ['b'], { axes: [1] }),
        node('Reshape', ['b', 'whole4'], ['p']),
      ],
    ],
    [
      'Reshape and a mean',
      [node('Reshape', ['r', 'whole'], ['a']), node('ReduceMean', ['a'], ['p'], { axes: [2] })],
    ],
    [
      'Reshape to one column and a mean',
      [node('Reshape', ['r', 'column'], ['a']), node('ReduceMean', ['a'], ['p'], { axes: [2, 3] })],
    ],
    [
      'Dropout, Identity, Cast',
      [
        node('Dropout', ['r'], ['a']),
        node('Identity', ['a'], ['b']),
        node('Cast', ['b'], ['e'], { to: 1 }),
        node('ReduceMean', ['e'], ['p'], { axes: [-1, -2], keepdims: 0 }),
      ],
    ],
    [
      'one axis after the other',
      [node('ReduceMean', ['r'], ['a'], { axes: [3] }), node('ReduceMean', ['a'], ['p'], { axes: [2] })],
    ],
    [
      'squeeze and excitation',
      [mean('r', 's'), node('Sigmoid', ['s'], ['e']), node('Mul', ['e', 'r'], ['a']), mean('a', 'p')],
      'a',
    ],
    [
      'squeeze and excitation, expanded',
      [
        mean('r', 's'),
        node('Sigmoid', ['s'], ['e']),
        node('Shape', ['r'], ['shape']),
        node('Expand', ['e', 'shape'], ['x2']),
        node('Mul', ['r', 'x2'], ['a']),
        mean('a', 'p'),
      ],
      'a',
    ],
  ])('%s', ([, nodes, layer = 'r']) => {
    const initializers = { whole4: integers(-1, 4), column: integers(0, 4, -1, 1) };
    expect(targetLayer(pooling(nodes, 4, { initializers })).name).toBe(layer);
  });

  test.each<readonly [what: string, most: Node]>([
    ['GlobalMaxPool', node('GlobalMaxPool', ['r'], ['top'])],
    ['a whole window', node('MaxPool', ['r'], ['top'], { kernel_shape: [8, 8] })],
    ['ReduceMax', node('ReduceMax', ['r'], ['top'], { axes: [2, 3] })],
  ])('mean and maximum side by side: %s', (_, most) => {
    const nodes = [mean('r', 'm'), most, node('Concat', ['m', 'top'], ['p'], { axis: 1 })];
    expect(targetLayer(pooling(nodes, 8)).name).toBe('r');
    const both = [mean('r', 'm'), most, node('Add', ['m', 'top'], ['s']), node('Mul', ['s', 'half'], ['p'])];
    expect(targetLayer(pooling(both)).name).toBe('r');
  });
});
