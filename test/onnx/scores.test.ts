import { describe, expect, test } from 'vitest';
import type { Node, Scores } from '../../src/onnx/index.js';
import { type ModelSpec, node, weights } from './build.js';
import { constants, scoresOf } from './scoring.js';
import { conv, head, read } from './small.js';

/** `x` → `c` → pooling → linear layer `logits` → the nodes given, whose output is `p`. */
const behind = (nodes: readonly Node[], classes = 5, more: Partial<ModelSpec> = {}): Scores =>
  scoresOf(
    read([conv, ...head('c'), ...nodes], {
      outputs: { p: {} },
      ...more,
      initializers: { ...constants, fc: weights([4, classes]), ...more.initializers },
    }),
  );

const max = node('ReduceMax', ['logits'], ['max'], { axes: [1] });
const shifted = node('Sub', ['logits', 'max'], ['shifted']);
const exp = (of: string) => node('Exp', [of], ['e']);
const sum = node('ReduceSum', ['e', 'axis'], ['sum']);

describe('a softmax of simpler operators', () => {
  test.each<[string, readonly Node[], Partial<ModelSpec>?]>([
    ['Exp, ReduceSum, Div', [exp('logits'), sum, node('Div', ['e', 'sum'], ['p'])]],
    ['its maximum taken off', [max, shifted, exp('shifted'), sum, node('Div', ['e', 'sum'], ['p'])]],
    [
      'axes as an attribute, opset 11',
      [exp('logits'), node('ReduceSum', ['e'], ['sum'], { axes: [-1] }), node('Div', ['e', 'sum'], ['p'])],
      { opset: 11 },
    ],
    [
      'times the inverse of the sum',
      [exp('logits'), sum, node('Reciprocal', ['sum'], ['r']), node('Mul', ['r', 'e'], ['p'])],
    ],
    [
      'the sum kept above 0',
      [exp('logits'), sum, node('Max', ['sum', 'tiny'], ['floor']), node('Div', ['e', 'floor'], ['p'])],
    ],
    [
      'a little added to the sum',
      [exp('logits'), sum, node('Add', ['sum', 'tiny'], ['floor']), node('Div', ['e', 'floor'], ['p'])],
    ],
    [
      'kept between bounds by Max and Min',
      [
        ...[exp('logits'), sum, node('Div', ['e', 'sum'], ['q'])],
        ...[node('Max', ['q', 'tiny'], ['low']), node('Min', ['low', 'one'], ['p'])],
      ],
    ],
    [
      'the exponential of LogSoftmax',
      [
        node('LogSoftmax', ['logits'], ['l']),
        node('Identity', ['l'], ['i']),
        exp('i'),
        node('Identity', ['e'], ['p']),
      ],
    ],
    [
      'the exponential of the difference from ReduceLogSumExp',
      [
        node('ReduceLogSumExp', ['logits'], ['lse'], { axes: [1] }),
        node('Sub', ['logits', 'lse'], ['d']),
        node('Exp', ['d'], ['p']),
      ],
    ],
  ])('%s', (_, nodes, more) => {
    expect(behind(nodes, 5, more)).toMatchObject({
      output: 'p',
      logits: 'logits',
      normalisation: 'Softmax',
      activation: 'none',
      guessed: false,
      scale: 1,
    });
  });

  test('over the batch, or of other powers, it is none', () => {
    const batch = { initializers: { zero: { dims: [1], values: BigInt64Array.of(0n) } } };
    const overBatch = [
      exp('logits'),
      node('ReduceSum', ['e', 'zero'], ['sum']),
      node('Div', ['e', 'sum'], ['p']),
    ];
    const ofOthers = [
      exp('c'),
      node('ReduceSum', ['e', 'axis'], ['sum']),
      node('Div', ['logits', 'sum'], ['p']),
    ];
    for (const nodes of [overBatch, ofOthers])
      expect(behind(nodes, 5, batch)).toMatchObject({ logits: 'p', activation: 'softmax', guessed: true });
  });
});

describe('other probabilities', () => {
  const sigmoid = node('Sigmoid', ['logits'], ['q']);
  const rest = node('Sub', ['one', 'q'], ['rest']);

  test.each<[string, readonly Node[], number, Partial<Scores>]>([
    [
      'LogSoftmax',
      [node('LogSoftmax', ['logits'], ['p'])],
      5,
      { logits: 'logits', activation: 'softmax', guessed: false },
    ],
    ['Sigmoid', [node('Sigmoid', ['logits'], ['p'])], 5, { logits: 'logits', activation: 'none' }],
    [
      '1 / (1 + exp(-z))',
      [
        node('Neg', ['logits'], ['m']),
        exp('m'),
        node('Add', ['e', 'one'], ['s']),
        node('Div', ['one', 's'], ['p']),
      ],
      1,
      { logits: 'logits', normalisation: 'Sigmoid', activation: 'none', signs: [-1, 1] },
    ],
    [
      '[1 - p, p]',
      [sigmoid, rest, node('Concat', ['rest', 'q'], ['p'], { axis: 1 })],
      1,
      { logits: 'logits', signs: [-1, 1] },
    ],
    [
      '[p, 1 - p]',
      [sigmoid, rest, node('Concat', ['q', 'rest'], ['p'], { axis: 1 })],
      1,
      { logits: 'logits', signs: [1, -1] },
    ],
    [
      '1 - p',
      [sigmoid, node('Sub', ['one', 'q'], ['p'])],
      1,
      { logits: 'logits', signs: [1, -1], activation: 'none' },
    ],
    [
      '100 p',
      [node('Softmax', ['logits'], ['q']), node('Mul', ['hundred', 'q'], ['p'])],
      5,
      { logits: 'logits', scale: 100 },
    ],
    [
      'a mean of two softmaxes',
      [
        node('Softmax', ['logits'], ['q']),
        node('Neg', ['logits'], ['m']),
        node('Softmax', ['m'], ['r']),
        node('Add', ['q', 'r'], ['s']),
        node('Mul', ['s', 'half'], ['p']),
      ],
      5,
      { logits: 'p', activation: 'none', guessed: false, scale: 1 },
    ],
    [
      'a mean over softmaxes that are stacked',
      [
        node('Softmax', ['logits'], ['q']),
        node('Unsqueeze', ['q', 'axis'], ['u']),
        node('Concat', ['u', 'u'], ['k'], { axis: 1 }),
        node('ReduceMean', ['k'], ['p'], { axes: [1], keepdims: 0 }),
      ],
      5,
      { logits: 'p', activation: 'none', guessed: false },
    ],
    [
      'heads of one label each side by side',
      [sigmoid, node('Sigmoid', ['c'], ['other']), node('Concat', ['q', 'q'], ['p'], { axis: 1 })],
      3,
      { logits: 'p', activation: 'none' },
    ],
  ])('%s', (_, nodes, classes, want) => {
    expect(behind(nodes, classes)).toMatchObject(want);
  });

  test.each<[string, readonly Node[], number, Partial<Scores>]>([
    [
      'one column of a softmax',
      [node('Softmax', ['logits'], ['q']), node('Gather', ['q', 'axis'], ['p'], { axis: 1 })],
      2,
      { logits: 'p', activation: 'none', signs: [-1, 1] },
    ],
    ['kept in 0..1', [sigmoid, node('Clip', ['q'], ['p'])], 5, { logits: 'logits', activation: 'none' }],
    [
      'quantised',
      [
        node('Softmax', ['logits'], ['q']),
        node('QuantizeLinear', ['q', 'tiny'], ['i']),
        node('DequantizeLinear', ['i', 'tiny'], ['p']),
      ],
      5,
      { logits: 'logits', activation: 'none' },
    ],
  ])('%s', (_, nodes, classes, want) => {
    expect(behind(nodes, classes)).toMatchObject(want);
  });

  test('doubling again and again is looked at once each', () => {
    const nodes = Array.from({ length: 60 }, (_, i) => node('Add', [`s${i}`, `s${i}`], [`s${i + 1}`]));
    const found = behind([node('Softmax', ['logits'], ['s0']), ...nodes, node('Identity', ['s60'], ['p'])]);
    expect(found.scale).toBe(2 ** 60);
  });

  test('what another output makes of the logits says what they are', () => {
    const spec = { outputs: { logits: {}, p: {} } };
    expect(behind([node('Sigmoid', ['logits'], ['p'])], 5, spec)).toMatchObject({
      output: 'logits',
      activation: 'sigmoid',
      guessed: false,
    });
  });
});
