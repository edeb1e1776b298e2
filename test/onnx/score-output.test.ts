import { describe, expect, test } from 'vitest';
import { candidateLayers, type Model, type Node, type Scoring } from '../../src/onnx/index.js';
import { type ModelSpec, node, weights } from './build.js';
import { constants, scoresOf } from './scoring.js';
import { conv, errorOf, read } from './small.js';

describe('places of pictures of any size', () => {
  const open = { inputs: { x: ['n', 3, 'h', 'w'] } };
  const map = node('Softmax', ['c'], ['y'], { axis: 1 });

  test.each<[string, Model, string]>([
    [
      'segmentation',
      read([conv, map], { ...open, outputs: { y: ['n', 4, 'h', 'w'] } }),
      'a map with positions',
    ],
    [
      'a list of as many rows as there are places',
      read([conv, node('Reshape', ['c', 'rows'], ['y'])], {
        inputs: { x: [1, 3, 'h', 'w'] },
        initializers: { rows: { dims: [3], values: BigInt64Array.of(1n, 4n, -1n) } },
        outputs: { y: [1, 4, 'rows'] },
      }),
      'a list',
    ],
  ])('%s is refused before a picture is read', (_, of, why) => {
    expect(errorOf(() => scoresOf(of))).toEqual(['target', expect.stringContaining(`(${why}`)]);
  });

  test('a classifier whose pooling leaves one place of a usual picture is none', () => {
    const pooling = node('AveragePool', ['c'], ['y'], { kernel_shape: [220, 220], strides: [220, 220] });
    expect(scoresOf(read([conv, pooling], { ...open, outputs: { y: ['n', 4, 'oh', 'ow'] } })).output).toBe(
      'y',
    );
  });
});

describe('the output', () => {
  const two = (nodes: readonly Node[], outputs: ModelSpec['outputs'], more = {}) =>
    read([conv, node('GlobalAveragePool', ['c'], ['g']), node('Flatten', ['g'], ['f']), ...nodes], {
      outputs,
      initializers: { ...constants, fc: weights([4, 5]), fc2: weights([4, 7], 3), ...more },
    });
  const logits = node('Gemm', ['f', 'fc'], ['logits']);

  test.each<[string, Model, string, Scoring?]>([
    ['an embedding comes first', two([logits], { f: {}, logits: {} }), 'logits'],
    [
      'an embedding by a linear layer, which the head is a layer of',
      two(
        [node('Gemm', ['f', 'sq'], ['e']), node('Gemm', ['e', 'fc'], ['logits'])],
        { e: {}, logits: {} },
        { sq: weights([4, 4], 4) },
      ),
      'logits',
    ],
    [
      'an embedding by its name',
      two([node('Gemm', ['f', 'fc2'], ['image_embeds']), logits], { image_embeds: {}, logits: {} }),
      'logits',
    ],
    ...['emb', 'pooled_features', 'aux1', 'aux_logits', 'loss'].map((name): [string, Model, string] => [
      `${name} before the head`,
      two([node('Gemm', ['f', 'fc2'], [name]), logits], { [name]: {}, logits: {} }),
      'logits',
    ]),
    ...['member', 'heath', 'floss'].map((name): [string, Model, string] => [
      `${name}, which only looks like such a name`,
      two([node('Gemm', ['f', 'fc2'], [name]), logits], { [name]: {}, logits: {} }),
      name,
    ]),
    [
      'shares of the sum',
      two([logits, node('LpNormalization', ['logits'], ['p'], { p: 1 })], { p: {} }),
      'p',
    ],
    [
      'an embedding of length 1',
      two(
        [
          node('Gemm', ['f', 'fc2'], ['e']),
          node('ReduceL2', ['e'], ['l'], { axes: [1] }),
          node('Max', ['l', 'tiny'], ['m']),
          node('Div', ['e', 'm'], ['unit']),
          logits,
        ],
        { unit: {}, logits: {} },
      ),
      'logits',
    ],
    [
      'two heads: the first',
      two([logits, node('Gemm', ['f', 'fc2'], ['more'])], { more: {}, logits: {} }),
      'more',
    ],
    [
      'two heads and labels',
      two([logits, node('Gemm', ['f', 'fc2'], ['more'])], { more: {}, logits: {} }),
      'logits',
      { labels: 5 },
    ],
    ['a map beside', two([logits], { c: {}, logits: {} }), 'logits'],
    ['as asked', two([logits], { f: {}, logits: {} }), 'f', { output: 'f' }],
  ])('%s', (_, of, want, scoring) => {
    expect(scoresOf(of, scoring).output).toBe(want);
  });

  test('the others are named', () => {
    expect(scoresOf(two([logits], { f: {}, logits: {} })).remarks).toEqual([
      'of 2 outputs "logits" [n, 5] is explained: the first that can be class scores. The others: "f" [n, 4]. Choose by "output" (--output NAME).',
    ]);
  });

  test.each<[string, Model, string]>([
    [
      'a detector',
      two(
        [
          logits,
          node('NonMaxSuppression', ['f', 'logits'], ['i']),
          node('Gather', ['logits', 'i'], ['best']),
        ],
        { best: [undefined, 4] },
      ),
      '"best" [?, 4] (from non-maximum suppression: a detector)',
    ],
    [
      'the best few',
      two([logits, node('TopK', ['logits', 'axis'], ['v', 'i'])], { v: [1, 3] }),
      '"v" [n, 1] (from TopK: the best few classes, not all)',
    ],
    [
      'a list of boxes',
      two([logits, node('Boxes', ['logits'], ['b'])], { b: [1, 84, 8400] }),
      '"b" [1, 84, 8400] (a list: detection, tokens?)',
    ],
    [
      'an embedding',
      two([logits, node('LpNormalization', ['logits'], ['unit'])], { unit: {} }),
      '"unit" [n, 5] (scaled to length 1: an embedding)',
    ],
  ])('%s is refused', (_, of, got) => {
    expect(errorOf(() => scoresOf(of))).toEqual([
      'target',
      expect.stringContaining(`m.onnx: expected an output with class scores [n, C], got ${got}. `),
    ]);
    expect(candidateLayers(of).map(({ name }) => name)).toContain('c');
  });
});
