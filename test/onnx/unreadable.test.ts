import { describe, expect, test } from 'vitest';
import { type Node, parseModel, resolveLayer, targetLayer } from '../../src/onnx/index.js';
import { caseBytes } from '../cases/case.js';
import { node, weights } from './build.js';
import { constants } from './scoring.js';
import { conv, errorOf, head, read } from './small.js';

describe('what cannot be read is refused, with what to do', () => {
  const reading = (file: string) => parseModel(caseBytes(file), 'm.onnx');

  test('QOperator form', () => {
    const qoperator = reading('qoperator/model.onnx');
    const advice = 'Take the float model, or quantise it in QDQ form (quant_format=QuantFormat.QDQ).';
    expect(errorOf(() => targetLayer(qoperator))).toEqual([
      'layer',
      `m.onnx: expected a feature map [n, K, h, w] before the classifier, got none: its layers are integers (QOperator form: QLinearConv). ${advice}`,
    ]);
    expect(errorOf(() => resolveLayer(qoperator, 'Aq'))).toEqual([
      'layer',
      `layer "Aq": expected floating point values, got integers (QLinearConv). ${advice}`,
    ]);
  });

  test('tokens', () => {
    const vit = reading('vit-tokens/model.onnx');
    expect(errorOf(() => targetLayer(vit))[1]).toMatch(
      /129 nodes that work on tokens \(a transformer\?\)\. Transformers cannot be explained yet/,
    );
    const tokens = '/encoder/layers/encoder_layer_1/ln_1/Add_1_output_0';
    expect(errorOf(() => resolveLayer(vit, tokens))[1]).toMatch(/got \[2, 17, 24\] \(tokens\?\)/);
  });

  test.each(['model', 'model-with-shapes'])(
    'a dynamically quantised layer is read behind scale, bias and ReLU: %s',
    (name) => {
      expect(targetLayer(reading(`dynamic-quantised-layer/${name}.onnx`)).name).toBe('A');
    },
  );

  const lastOf = (nodes: readonly Node[], layer: string) =>
    errorOf(() =>
      resolveLayer(
        read([conv, node('Transpose', ['c'], ['t'], { perm: [0, 2, 3, 1] }), ...nodes], {
          initializers: {
            ...constants,
            scale: weights([4]),
            square: weights([4, 4], 5),
            fc: weights([4, 5]),
          },
        }),
        layer,
      ),
    );
  const back = [node('Transpose', ['r'], ['b'], { perm: [0, 3, 1, 2] }), ...head('b')];
  const mean = [
    node('ReduceMean', ['r'], ['m'], { axes: [1, 2], keepdims: 0 }),
    node('Gemm', ['m', 'fc'], ['logits']),
  ];

  test.each<[string, readonly Node[], string, string]>([
    ['moved there', [node('Relu', ['t'], ['r']), ...back], 't', 'Transpose moves them there'],
    [
      'moved back',
      [node('MatMul', ['t', 'square'], ['y']), node('Add', ['y', 'scale'], ['r']), ...back],
      'r',
      'Transpose moves the last axis to the front after it',
    ],
    [
      'a mean over the middle axes',
      [node('MatMul', ['t', 'square'], ['y']), node('Relu', ['y'], ['r']), ...mean],
      'r',
      'ReduceMean takes the mean over the two axes in the middle',
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
      'LayerNormalization normalises over the last axis after it',
    ],
  ])('channels last: %s', (_, nodes, layer, why) => {
    const [code, message] = lastOf(nodes, layer);
    expect(code).toBe('layer');
    expect(message).toContain(`with channels last (${why}). Name a tensor with channels first`);
  });

  test('channels that are moved back to the front are read', () => {
    const nodes = [
      node('Transpose', ['c'], ['t'], { perm: [0, 2, 3, 1] }),
      node('Relu', ['t'], ['r']),
      ...back,
    ];
    expect(resolveLayer(read([conv, ...nodes]), 'b').name).toBe('b');
  });
});
