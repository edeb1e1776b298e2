import { describe, expect, test } from 'vitest';
import { parseModel, resolveLayer, targetLayer } from '../../src/onnx/index.js';
import { caseBytes } from '../cases/case.js';
import { errorOf } from './small.js';

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

  test.each(['model', 'model-with-shapes'])(
    'a dynamically quantised layer is read behind scale, bias and ReLU: %s',
    (name) => {
      expect(targetLayer(reading(`dynamic-quantised-layer/${name}.onnx`)).name).toBe('A');
    },
  );
});
