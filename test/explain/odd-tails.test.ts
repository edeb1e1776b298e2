// Tails whose operators change nothing, or choose, or were fused: the answer is that of the plain network.
import { describe, expect, test } from 'vitest';
import { createExplainer, gradCam } from '../../src/index.js';
import { classifyTail, makeGraph, type Node, parseModel, writeModel } from '../../src/onnx/index.js';
import { expectClose } from '../close.js';
import { float, integers, type ModelSpec, node } from '../onnx/build.js';
import { random } from '../random.js';
import { linear, SIZE } from './small-models.js';

const conv = node('Conv', ['x', 'w'], ['c'], { pads: [1, 1, 1, 1] });
const relu = node('Relu', ['c'], ['a']);
const pooled = (from: string) => [
  node('GlobalAveragePool', [from], ['g']),
  node('Flatten', ['g'], ['f']),
  node('Gemm', ['f', 'fc', 'b'], ['logits']),
];
const dropout = node('Dropout', ['a', 'ratio', 'training'], ['d']);
const training = (ratio: number, mode: number): NonNullable<ModelSpec['initializers']> => ({
  ratio: { dims: [], values: Float32Array.of(ratio) },
  training: { dims: [], values: Uint8Array.of(mode), dtype: 'bool' },
});

/** The same file with the domain of ONNX Runtime's own operators. */
function withMicrosoft(bytes: Uint8Array): Uint8Array {
  const model = parseModel(bytes);
  const nodes = model.graph.nodes.map(
    (one): Node => (one.opType.startsWith('Fused') ? { ...one, domain: 'com.microsoft' } : one),
  );
  const { inputs, outputs, initializers } = model.graph;
  return writeModel({
    irVersion: model.irVersion,
    opsets: new Map([...model.opsets, ['com.microsoft', 1]]),
    graph: makeGraph('fused', { nodes, inputs, outputs, initializers: [...initializers.values()] }),
  });
}

const image = { data: random(3 * SIZE * SIZE, 4), shape: [3, SIZE, SIZE] };

async function mapOf(
  bytes: Uint8Array,
): Promise<{ readonly map: Float32Array; readonly scores: Float32Array }> {
  const explainer = await createExplainer(bytes, {
    ...{ methods: [gradCam], layers: ['a'], backend: 'wasm', closedForms: false },
  });
  try {
    const [{ maps, scores }] = await explainer.explain([image], { target: 1 });
    return { map: maps['grad-cam'].raw.data, scores };
  } finally {
    await explainer.dispose();
  }
}

const all = { dims: [1], values: BigInt64Array.of(BigInt(SIZE)) };

describe('Grad-CAM is that of the plain network', () => {
  test.each([
    [
      'a Dropout of ratio 0 in training mode',
      linear({ nodes: [conv, relu, dropout, ...pooled('d')], initializers: training(0, 1) }),
    ],
    [
      'TopK that keeps everything, in another order',
      linear({
        nodes: [conv, relu, node('TopK', ['a', 'k'], ['t', 'places'], { axis: 3 }), ...pooled('t')],
        initializers: { k: all },
      }),
    ],
    // Compress tells nothing of what it leaves: the number of axes is learnt from a run.
    [
      'a tensor of unknown rank on the way',
      linear({
        nodes: [
          ...[conv, relu],
          node('Shape', ['a'], ['lengths']),
          node('Compress', ['lengths', 'every'], ['target']),
          node('Reshape', ['a', 'target'], ['r']),
          node('ReduceMean', ['r'], ['f'], { axes: [2, 3], keepdims: 0 }),
          node('Gemm', ['f', 'fc', 'b'], ['logits']),
        ],
        initializers: { every: { dims: [4], values: Uint8Array.of(1, 1, 1, 1), dtype: 'bool' } },
      }),
    ],
    [
      'FusedConv',
      withMicrosoft(
        linear({
          nodes: [
            node('FusedConv', ['x', 'w'], ['a'], { pads: [1, 1, 1, 1], activation: 'Relu' }),
            ...pooled('a'),
          ],
        }),
      ),
    ],
    [
      'FusedGemm and FusedMatMul',
      withMicrosoft(
        linear({
          nodes: [
            ...[conv, relu, ...pooled('a').slice(0, 2)],
            node('FusedMatMul', ['f', 'one'], ['m']),
            node('FusedGemm', ['m', 'fc', 'b'], ['logits'], {
              activation: 'LeakyRelu',
              activation_alpha: float(1),
            }),
          ],
          initializers: {
            one: { dims: [6, 6], values: Float32Array.from({ length: 36 }, (_, i) => Number(i % 7 === 0)) },
          },
        }),
      ),
    ],
  ])('%s', async (_, bytes) => {
    const [got, want] = [await mapOf(bytes), await mapOf(linear())];
    expectClose(got.scores, want.scores, [5], 1e-5);
    expectClose(got.map, want.map, [SIZE, SIZE], 1e-5);
  });
});

test('a Dropout that was exported in training mode counts as none only where it drops nothing', () => {
  const kind = (ratio: number, mode: number) =>
    classifyTail(
      parseModel(
        linear({ nodes: [conv, relu, dropout, ...pooled('d')], initializers: training(ratio, mode) }),
      ),
      'a',
    ).kind;
  expect([kind(0.5, 0), kind(0, 1), kind(0.5, 1)]).toEqual(['gap-linear', 'gap-linear', 'other']);
});

test('a sequence between the layer and the scores is named', async () => {
  const bytes = linear({
    nodes: [
      ...[conv, relu],
      node('SplitToSequence', ['a'], ['s'], { axis: 1 }, '/split'),
      node('ConcatFromSequence', ['s'], ['j'], { axis: 1 }),
      node('ReduceMean', ['j'], ['f'], { axes: [2, 3], keepdims: 0 }),
      node('Gemm', ['f', 'fc', 'b'], ['logits']),
    ],
    initializers: { zero: integers(0) },
  });
  await expect(
    createExplainer(bytes, { methods: [gradCam], layers: ['a'], backend: 'wasm' }),
  ).rejects.toThrow('operator SplitToSequence (node "/split") has no rule.');
});
