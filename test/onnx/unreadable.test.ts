import { describe, expect, test } from 'vitest';
import { parseModel, resolveLayer, targetLayer } from '../../src/onnx/index.js';
import { caseBytes } from '../cases/case.js';
import { node, weights } from './build.js';
import { errorOf, read } from './small.js';

describe('what cannot be read is refused, with what to do', () => {
  const reading = (file: string) => parseModel(caseBytes(file), 'm.onnx');

  test('QOperator form whose scales are computed', () => {
    const nodes = [
      node('DynamicQuantizeLinear', ['x'], ['q', 's', 'z']),
      node('QLinearConv', ['q', 's', 'z', 'k', 'ks', 'kz', 's', 'z'], ['i']),
      node('Flatten', ['i'], ['f']),
      node('DequantizeLinear', ['f', 's', 'z'], ['d']),
      node('MatMul', ['d', 'fc'], ['logits']),
    ];
    const initializers = {
      k: { dims: [4, 3, 3, 3], values: new Uint8Array(108) },
      ks: { dims: [], values: Float32Array.of(0.1) },
      kz: { dims: [], values: Uint8Array.of(0) },
      fc: weights([144, 5]),
    };
    const advice = 'Take the float model, or quantise it in QDQ form (quant_format=QuantFormat.QDQ).';
    const qoperator = read(nodes, { initializers });
    expect(errorOf(() => targetLayer(qoperator))).toEqual([
      'layer',
      `m.onnx: expected a feature map [n, K, h, w] before the classifier, got none: its layers are integers (QOperator form: QLinearConv). ${advice}`,
    ]);
    expect(errorOf(() => resolveLayer(qoperator, 'i'))).toEqual([
      'layer',
      `layer "i": expected floating point values, got integers (QLinearConv). ${advice}`,
    ]);
  });

  test.each(['model', 'model-with-shapes'])(
    'a dynamically quantised layer is read behind scale, bias and ReLU: %s',
    (name) => {
      expect(targetLayer(reading(`dynamic-quantised-layer/${name}.onnx`)).name).toBe('A');
    },
  );
});
