// Linear layers that are dynamically quantised: W and b are those of the rounded weights.
import { describe, expect, test } from 'vitest';
import { analyse, type Node } from '../../src/onnx/index.js';
import { integers, node, weights } from './build.js';
import { conv, read } from './small.js';

const bytes = (count: number) =>
  Uint8Array.from(weights([count]).values as Float32Array, (value) => 128 + 100 * value);
const scales = [0.5, 0.25, 0.125, 0.0625, 2];
const zeros = [0, 50, 100, 128, 255];
const bias = [1, -2, 3, -4, 5];
const stored = bytes(20);

const initializers = {
  flat: { dims: [4, 5], values: stored },
  filters: { dims: [5, 4, 1, 1], values: stored },
  wide: { dims: [5, 4, 3, 3], values: bytes(180) },
  s: { dims: [], values: Float32Array.of(0.5) },
  z: { dims: [], values: Uint8Array.of(128) },
  sc: { dims: [5], values: Float32Array.from(scales) },
  zc: { dims: [5], values: Uint8Array.from(zeros) },
  b: { dims: [5], values: Float32Array.from(bias) },
  column: integers(1, -1, 1, 1),
  rows: integers(0, -1),
};

/** Rounding of `from`, product with the integers `by`, scaling. */
const rounded = (operator: string, from: string, by: string, [scale, zero]: readonly string[]): Node[] => [
  node('DynamicQuantizeLinear', [from], ['q', 'qs', 'qz']),
  node(operator, ['q', by, 'qz', ...(zero ? [zero] : [])], ['i']),
  node('Cast', ['i'], ['real'], { to: 1 }),
  node('Mul', ['qs', scale], ['scale']),
  node('Mul', ['real', 'scale'], ['scaled']),
];
const pooled = [conv, node('GlobalAveragePool', ['c'], ['g'])];
const flat = [...pooled, node('Flatten', ['g'], ['f'])];
const withBias = node('Add', ['scaled', 'b'], ['logits']);
const biasOfConv = [node('Reshape', ['b', 'column'], ['br']), node('Add', ['scaled', 'br'], ['t'])];

const tailOf = (nodes: readonly Node[]) => {
  const network = analyse(read(nodes, { initializers }));
  const { kind } = network.tail('c');
  return { kind, ...(kind === 'gap-linear' && network.linearWeights('c')) };
};

describe('a linear layer of integers behind global pooling', () => {
  test.each<readonly [what: string, nodes: readonly Node[], weight: (c: number, k: number) => number]>([
    [
      'one scale and zero point',
      [...flat, ...rounded('MatMulInteger', 'f', 'flat', ['s', 'z']), withBias],
      (c, k) => 0.5 * (stored[5 * k + c] - 128),
    ],
    [
      'a scale and a zero point per class',
      [...flat, ...rounded('MatMulInteger', 'f', 'flat', ['sc', 'zc']), withBias],
      (c, k) => scales[c] * (stored[5 * k + c] - zeros[c]),
    ],
    [
      'no zero point',
      [...flat, ...rounded('MatMulInteger', 'f', 'flat', ['s']), withBias],
      (c, k) => 0.5 * stored[5 * k + c],
    ],
    [
      'a convolution of one position',
      [
        ...pooled,
        ...rounded('ConvInteger', 'g', 'filters', ['s', 'z']),
        ...biasOfConv,
        node('Reshape', ['t', 'rows'], ['logits']),
      ],
      (c, k) => 0.5 * (stored[4 * c + k] - 128),
    ],
    [
      'a convolution in front of the pooling',
      [
        conv,
        ...rounded('ConvInteger', 'c', 'filters', ['s', 'z']),
        ...biasOfConv,
        node('GlobalAveragePool', ['t'], ['g']),
        node('Flatten', ['g'], ['logits']),
      ],
      (c, k) => 0.5 * (stored[4 * c + k] - 128),
    ],
  ])('%s', (_, nodes, weight) => {
    const want = Float32Array.from({ length: 20 }, (_, i) => weight(Math.floor(i / 4), i % 4));
    expect(tailOf(nodes)).toEqual({
      kind: 'gap-linear',
      weights: want,
      bias: Float32Array.from(bias),
      classes: 5,
      channels: 4,
    });
  });

  test.each<readonly [what: string, nodes: readonly Node[]]>([
    [
      'integers without a scale',
      [
        ...flat,
        ...rounded('MatMulInteger', 'f', 'flat', ['s', 'z']).slice(0, 3),
        node('Add', ['real', 'b'], ['logits']),
      ],
    ],
    [
      'a convolution of more positions',
      [
        conv,
        ...rounded('ConvInteger', 'c', 'wide', ['s', 'z']),
        node('GlobalAveragePool', ['scaled'], ['g']),
        node('Flatten', ['g'], ['logits']),
      ],
    ],
    [
      'the scale of another tensor',
      [
        ...flat,
        node('DynamicQuantizeLinear', ['g'], ['o', 'os', 'oz']),
        ...rounded('MatMulInteger', 'f', 'flat', ['s', 'z']).with(3, node('Mul', ['os', 's'], ['scale'])),
        withBias,
      ],
    ],
    [
      'a scale per class of filters',
      [
        ...pooled,
        ...rounded('ConvInteger', 'g', 'filters', ['sc', 'z']),
        ...biasOfConv,
        node('Reshape', ['t', 'rows'], ['logits']),
      ],
    ],
  ])('%s is none', (_, nodes) => {
    expect(tailOf(nodes)).toEqual({ kind: 'other' });
  });
});
