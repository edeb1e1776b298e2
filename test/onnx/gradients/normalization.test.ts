import { describe, expect, test } from 'vitest';
import { constantTensor } from '../../../src/onnx/values.js';
import { float, makeNode } from '../../../src/onnx/write.js';
import { random } from '../../random.js';
import { expectGradients } from './check.js';

const size = (dims: readonly number[]) => dims.reduce((x, y) => x * y, 1);

const weights = (name: string, dims: readonly number[], seed: number) =>
  constantTensor(name, dims, random(size(dims), seed));

const positive = (name: string, dims: readonly number[], seed: number) =>
  constantTensor(
    name,
    dims,
    random(size(dims), seed).map((value) => 1.5 + value),
  );

describe('BatchNormalization', () => {
  const statistics = [
    weights('scale', [3], 1),
    weights('bias', [3], 2),
    weights('mean', [3], 3),
    positive('variance', [3], 4),
  ];
  const inputs = ['x', 'scale', 'bias', 'mean', 'variance'];

  for (const opset of [7, 9, 14, 15, 22])
    test(`x and all parameters, opset ${opset}`, () =>
      expectGradients({
        nodes: [makeNode('BatchNormalization', inputs, ['z'], { epsilon: float(0.1) })],
        inputs: { x: [2, 3, 2, 2] },
        constants: statistics,
        opset,
      }));

  // Without a position, and with one axis or three of them, the parameters are aligned otherwise.
  for (const x of [
    [4, 3],
    [2, 3, 5],
    [2, 3, 2, 1, 2],
  ])
    test(`x [${x}]`, () =>
      expectGradients({
        nodes: [makeNode('BatchNormalization', inputs, ['z'])],
        inputs: { x },
        constants: statistics,
      }));

  // Scale and variance that nobody differentiates by are one factor, computed when the graph is built.
  test('x alone', () =>
    expectGradients({
      nodes: [makeNode('BatchNormalization', inputs, ['z'], { epsilon: float(0.1) })],
      inputs: { x: [2, 3, 2, 2] },
      constants: statistics,
      wrt: ['x'],
    }));

  test('parameters that are computed', () =>
    expectGradients({
      nodes: [
        makeNode('Exp', ['logarithm'], ['variance']),
        makeNode('BatchNormalization', inputs, ['z'], { epsilon: float(0) }),
      ],
      inputs: { x: [2, 3, 2], logarithm: [3] },
      constants: statistics.slice(0, 3),
    }));

  test('training mode is refused', () =>
    expect(
      expectGradients({
        nodes: [makeNode('BatchNormalization', inputs, ['z', 'm', 'v'], { training_mode: 1 })],
        inputs: { x: [2, 3, 2, 2] },
        constants: statistics,
        wrt: ['x'],
        precision: 'float32',
      }),
    ).rejects.toThrow('gradient of BatchNormalization (node "z"): expected inference, got training mode.'));
});

// ONNX Runtime has InstanceNormalization, LRN and MeanVarianceNormalization in float32 alone.
describe('InstanceNormalization', () => {
  // Three positions: the mean's own share is a third, so leaving it out shows. One axis and three as well.
  for (const x of [
    [2, 3, 3, 1],
    [2, 3, 5],
    [1, 3, 2, 3, 2],
  ])
    for (const opset of [7, 22])
      test(`x [${x}], opset ${opset}`, () =>
        expectGradients({
          nodes: [makeNode('InstanceNormalization', ['x', 'scale', 'bias'], ['z'], { epsilon: float(0.1) })],
          inputs: { x },
          constants: [weights('scale', [3], 1), weights('bias', [3], 2)],
          opset,
          precision: 'float32',
        }));
});

describe('LayerNormalization', () => {
  const cases = [
    // The last axis is the default; the axes normalised together are one, two or all of them.
    [{}, [5]],
    [{ axis: -1 }, [5]],
    [{ axis: 1 }, [3, 5]],
    [{ axis: -2 }, [3, 5]],
    [{ axis: 0 }, [2, 3, 5]],
    // A scale that is itself broadcast.
    [{ axis: 1 }, [3, 1]],
  ] as const;
  for (const [attributes, dims] of cases)
    for (const bias of [true, false])
      test(`${JSON.stringify(attributes)}, scale [${dims}]${bias ? ', bias' : ''}`, () =>
        expectGradients({
          nodes: [
            makeNode('LayerNormalization', ['x', 'scale', ...(bias ? ['bias'] : [])], ['z'], attributes),
          ],
          inputs: { x: [2, 3, 5] },
          constants: [weights('scale', dims, 1), ...(bias ? [weights('bias', dims, 2)] : [])],
        }));

  // The epsilon is far above the variance of this x.
  test('epsilon 0.1, small x', () =>
    expectGradients({
      nodes: [makeNode('LayerNormalization', ['x', 'scale'], ['z'], { epsilon: float(0.1) })],
      inputs: { x: { shape: [2, 5], data: random(10, 5).map((value) => value / 10) } },
      constants: [weights('scale', [5], 1)],
    }));

  test('a score that depends on its mean is refused', () =>
    expect(
      expectGradients({
        nodes: [
          makeNode('LayerNormalization', ['x', 'scale'], ['y', 'mean']),
          makeNode('Add', ['y', 'mean'], ['z']),
        ],
        inputs: { x: [2, 5] },
        constants: [weights('scale', [5], 1)],
        precision: 'float32', // The statistics are float32 always.
      }),
    ).rejects.toThrow(
      'gradient of LayerNormalization (node "y"): expected a score that depends on its first output alone, got one that depends on its statistics.',
    ));
});

describe('GroupNormalization', () => {
  // Scale and bias are per group at opset 18 and per channel at 21; two groups of three channels tell them
  // apart.
  for (const [opset, parameters] of [
    [18, 2],
    [21, 6],
  ])
    for (const x of [
      [2, 6, 2, 1],
      [2, 6, 3],
    ])
      test(`opset ${opset}, x [${x}]`, () =>
        expectGradients({
          nodes: [
            makeNode('GroupNormalization', ['x', 'scale', 'bias'], ['z'], {
              num_groups: 2,
              epsilon: float(0.1),
            }),
          ],
          inputs: { x },
          constants: [weights('scale', [parameters], 1), weights('bias', [parameters], 2)],
          opset,
          // From opset 21 on the statistics are float32 (`stash_type`) whatever x is.
          ...(opset === 21 && { precision: 'float32' }),
        }));
});

describe('MeanVarianceNormalization', () => {
  for (const opset of [9, 13])
    for (const axes of [undefined, [2, 3], [0, 2, 3], [1]])
      test(`axes ${axes ?? 'not given'}, opset ${opset}`, () =>
        expectGradients({
          nodes: [makeNode('MeanVarianceNormalization', ['x'], ['z'], axes && { axes })],
          inputs: { x: [2, 3, 2, 3] },
          opset,
          precision: 'float32',
        }));
});

describe('LRN', () => {
  // A window of 5 over 4 channels is cut off at both ends. ONNX Runtime refuses even sizes.
  for (const window of [1, 3, 5])
    test(`size ${window}`, () =>
      expectGradients({
        nodes: [
          makeNode('LRN', ['x'], ['z'], {
            size: window,
            alpha: float(2),
            beta: float(0.75),
            bias: float(0.5),
          }),
        ],
        inputs: { x: [2, 4, 1, 3] },
        precision: 'float32',
      }));

  test('default attributes, opset 7', () =>
    expectGradients({
      nodes: [makeNode('LRN', ['x'], ['z'], { size: 3 })],
      inputs: { x: [1, 4, 2, 1] },
      opset: 7,
      precision: 'float32',
    }));
});

describe('LpNormalization', () => {
  for (const p of [1, 2])
    for (const axis of [0, 1, -1])
      for (const opset of [7, 22])
        test(`p ${p}, axis ${axis}, opset ${opset}`, () =>
          expectGradients({
            nodes: [makeNode('LpNormalization', ['x'], ['z'], { p, axis })],
            inputs: { x: [2, 3, 4] },
            opset,
          }));

  test('default: p 2, last axis', () =>
    expectGradients({ nodes: [makeNode('LpNormalization', ['x'], ['z'])], inputs: { x: [2, 3, 4] } }));
});
