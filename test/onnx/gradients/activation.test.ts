import { describe, test } from 'vitest';
import { constantTensor } from '../../../src/onnx/values.js';
import { float, makeNode } from '../../../src/onnx/write.js';
import { random } from '../../random.js';
import { expectGradients } from './check.js';

/** Both sides of every kink between -4 and 4, none of them within reach of a step of 0.01. */
const data = Float32Array.of(
  -3.7,
  -3.1,
  -2.9,
  -1.3,
  -0.9,
  -0.2,
  -0.1,
  0.1,
  0.4,
  0.9,
  1.2,
  2.2,
  2.9,
  3.1,
  4.1,
);
const inputs = { x: { shape: [3, 5], data } };

/** Which of the activations ONNX Runtime computes in double; the others are checked in float32. */
const inDouble = new Set(['Relu', 'Sigmoid', 'Tanh', 'LeakyRelu']);

describe('every activation, at its default and at other attributes', () => {
  const cases = [
    ['Relu', {}],
    ['LeakyRelu', {}],
    ['LeakyRelu', { alpha: float(0.3) }],
    // A negative slope: the sign of the output says nothing of the input's.
    ['LeakyRelu', { alpha: float(-0.5) }],
    ['Elu', {}],
    ['Elu', { alpha: float(2) }],
    ['Celu', {}],
    ['Celu', { alpha: float(0.5) }],
    ['Selu', {}],
    ['Selu', { alpha: float(0.5), gamma: float(3) }],
    ['Softplus', {}],
    ['Softsign', {}],
    ['Sigmoid', {}],
    ['Tanh', {}],
    ['HardSigmoid', {}],
    ['HardSigmoid', { alpha: float(0.5), beta: float(0.25) }],
    ['HardSwish', {}],
    ['ThresholdedRelu', {}],
    ['ThresholdedRelu', { alpha: float(-1) }],
  ] as const;
  for (const [name, attributes] of cases) {
    const text = Object.entries(attributes).map(([key, { value }]) => `${key} ${value}`);
    test([name, ...text].join(', '), () =>
      expectGradients({
        nodes: [makeNode(name, ['x'], ['z'], attributes)],
        inputs,
        ...(!inDouble.has(name) && { precision: 'float32' }),
      }),
    );
  }

  for (const name of ['Mish', 'HardSwish'])
    test(`${name} at opset 22`, () =>
      expectGradients({ nodes: [makeNode(name, ['x'], ['z'])], inputs, opset: 22, precision: 'float32' }));

  for (const approximate of ['none', 'tanh'])
    test(`Gelu, approximate ${approximate}, opset 20`, () =>
      expectGradients({
        nodes: [makeNode('Gelu', ['x'], ['z'], { approximate })],
        inputs,
        opset: 20,
        precision: 'float32',
      }));
});

describe('PRelu', () => {
  // One slope per channel, shared by all positions: its cotangent is summed over batch, height and width.
  test('slope [3, 1, 1]', () =>
    expectGradients({
      nodes: [makeNode('PRelu', ['x', 'slope'], ['z'])],
      inputs: { x: [2, 3, 2, 2] },
      constants: [constantTensor('slope', [3, 1, 1], random(3, 4))],
    }));

  test('one slope for all', () =>
    expectGradients({
      nodes: [makeNode('PRelu', ['x', 'slope'], ['z'])],
      inputs: { x: [2, 3] },
      constants: [constantTensor('slope', [1], Float32Array.of(0.25))],
    }));
});

describe('Clip', () => {
  test('bounds as inputs', () =>
    expectGradients({
      nodes: [makeNode('Clip', ['x', 'low', 'high'], ['z'])],
      inputs,
      constants: [
        constantTensor('low', [], Float32Array.of(-1)),
        constantTensor('high', [], Float32Array.of(2)),
      ],
      wrt: ['x'],
    }));

  test('one bound', () =>
    expectGradients({
      nodes: [makeNode('Clip', ['x', '', 'high'], ['z'])],
      inputs,
      constants: [constantTensor('high', [], Float32Array.of(2))],
      wrt: ['x'],
    }));

  // ONNX Runtime's kernel of the old signature is float32 only.
  test('bounds as attributes, opset 6 to 10', () =>
    expectGradients({
      nodes: [makeNode('Clip', ['x'], ['z'], { min: float(-1), max: float(2) })],
      inputs,
      opset: 10,
      precision: 'float32',
    }));
});
