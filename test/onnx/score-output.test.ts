import { describe, expect, test } from 'vitest';
import { candidateLayers, type Model, type Node, type Scoring } from '../../src/onnx/index.js';
import { type ModelSpec, node, weights } from './build.js';
import { constants, scoresOf } from './scoring.js';
import { conv, errorOf, read } from './small.js';

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
      `m.onnx: expected an output with class scores [n, C], got ${got}. Only image classifiers can be explained so far.`,
    ]);
    expect(candidateLayers(of).map(({ name }) => name)).toContain('c');
  });
});
