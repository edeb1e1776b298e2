import { describe, expect, test } from 'vitest';
import { candidateLayers, parseModel, resolveLayer, targetLayer } from '../../src/onnx/index.js';
import { integers, node, weights } from './build.js';
import { birds, bytesOfFile, families, noData, noReference, real, stated } from './files.js';
import { conv, head, read } from './small.js';

describe('targetLayer of real models is the layer that their providers state', () => {
  test.skipIf(noData).each(real)('$name', (file) => {
    const expected = stated().find((entry) => entry.file === file.name)?.lastFeatureMap;
    expect(expected).toBeDefined();
    expect(targetLayer(parseModel(bytesOfFile(file))).name).toBe(expected);
  });
});

describe('targetLayer of the reference families', () => {
  // Where another tensor than `target_activation` is chosen, it is a later one: the ReLU behind DenseNet's
  // last normalisation, SqueezeNet's class maps, the convolution behind Inception's last block.
  const later: Readonly<Record<string, string>> = {
    densenet: '/m/Relu_output_0',
    inception: '/m/head/head.2/Relu_output_0',
    squeezenet: '/m/classifier/classifier.2/Relu_output_0',
  };

  test.skipIf(noReference).each(families)('$name', (file) => {
    const read = parseModel(bytesOfFile(file));
    expect(targetLayer(read).name).toBe(later[file.name] ?? 'target_activation');
    expect(candidateLayers(read).map(({ name }) => name)).toContain('target_activation');
  });
});

test('the embedded model: the last ReLU before its pooling', () => {
  expect(targetLayer(parseModel(bytesOfFile(birds)))).toEqual({
    name: '/f/f.5/Relu_output_0',
    reason:
      '"/f/f.5/Relu_output_0" (Relu [batch, 96, 16, 16]) is the last feature map that the classifier consumes.',
  });
});

describe('targetLayer', () => {
  test('a VGG tail: the ReLU before pooling and adaptive pooling', () => {
    const vgg = read(
      [
        conv,
        node('Relu', ['c'], ['r']),
        node('MaxPool', ['r'], ['p'], { kernel_shape: [2, 2], strides: [2, 2] }),
        node('AveragePool', ['p'], ['a'], { kernel_shape: [2, 2], strides: [2, 2] }),
        node('Dropout', ['a'], ['d']),
        node('Flatten', ['d'], ['f']),
        node('Gemm', ['f', 'fc'], ['logits']),
      ],
      { initializers: { fc: weights([16, 5]) } },
    );
    expect(targetLayer(vgg)).toEqual({
      name: 'r',
      reason:
        '"r" (Relu [n, 4, 8, 8]) is the last feature map that the classifier consumes, before pooling ("d").',
    });
  });

  test('a swish is two nodes: their product', () => {
    const nodes = [conv, node('Sigmoid', ['c'], ['s']), node('Mul', ['c', 's'], ['m']), ...head('m')];
    expect(targetLayer(read(nodes)).name).toBe('m');
  });

  // The gate pools to 1×1 in the middle of the network; the last map is what it multiplies.
  test('squeeze and excitation is no end', () => {
    const nodes = [
      conv,
      node('ReduceMean', ['c'], ['q'], { axes: [2, 3] }),
      node('HardSigmoid', ['q'], ['e']),
      node('Mul', ['e', 'c'], ['m']),
      ...head('m'),
    ];
    expect(targetLayer(read(nodes)).name).toBe('m');
  });

  test('without an activation: the convolution', () => {
    expect(targetLayer(read([conv, ...head('c')])).name).toBe('c');
  });

  test('ReduceMean as pooling; rank 4 by another way (attention scores, channels last) is no feature map', () => {
    const nodes = [
      conv,
      node('Relu', ['c'], ['r']),
      node('Transpose', ['r'], ['t'], { perm: [0, 2, 3, 1] }),
      node('Relu', ['t'], ['last']),
      node('ReduceMean', ['last'], ['g'], { axes: [1, 2], keepdims: 0 }),
      node('Gemm', ['g', 'fc'], ['logits']),
    ];
    const converted = read(nodes);
    expect(targetLayer(converted).name).toBe('r');
    expect(candidateLayers(converted)).toEqual([
      { name: 'c', opType: 'Conv', shape: ['n', 4, 8, 8], isOutput: false },
      { name: 'r', opType: 'Relu', shape: ['n', 4, 8, 8], isOutput: false },
    ]);
  });

  test('free height and width', () => {
    const free = read([conv, node('Relu', ['c'], ['r']), ...head('r')], {
      inputs: { x: ['n', 3, 'h', 'w'] },
    });
    expect(targetLayer(free).name).toBe('r');
    expect(resolveLayer(free, 'r').shape).toEqual(['n', 4, undefined, undefined]);
  });

  test('a layer of one position has no spatial extent: the one before', () => {
    const nodes = [
      conv,
      node('Relu', ['c'], ['r']),
      node('Conv', ['r', 'k'], ['one']),
      node('Relu', ['one'], ['o']),
      ...head('o'),
    ];
    expect(targetLayer(read(nodes, { initializers: { k: weights([4, 4, 8, 8]) } })).name).toBe('r');
  });

  test('several outputs: the scores that are computed last; features and labels are none', () => {
    const nodes = [
      conv,
      node('Relu', ['c'], ['r']),
      ...head('r'),
      node('ArgMax', ['logits'], ['label'], { axis: 1, keepdims: 0 }),
    ];
    const outputs = {
      logits: ['n', 5],
      r: ['n', 4, 8, 8],
      f: ['n', 4],
      label: { dtype: 'int64', shape: ['n'] },
    } as const;
    const several = read(nodes, { outputs });
    expect(targetLayer(several).name).toBe('r');
    expect(candidateLayers(several).map(({ name, isOutput }) => [name, isOutput])).toEqual([
      ['c', false],
      ['r', true],
    ]);
  });

  test('quantised networks: integers as real numbers', () => {
    const nodes = [
      node('QuantizeLinear', ['x', 's', 'z'], ['q']),
      node('QLinearConv', ['q', 's', 'z', 'k', 's', 'z', 's', 'z'], ['i']),
      node('DequantizeLinear', ['i', 's', 'z'], ['d']),
      ...head('d'),
    ];
    const initializers = {
      s: { dims: [], values: Float32Array.of(0.1) },
      z: { dims: [], values: Uint8Array.of(0) },
      k: { dims: [4, 3, 3, 3], values: new Uint8Array(108) },
    };
    expect(candidateLayers(read(nodes, { initializers }))).toEqual(
      ['i', 'd'].map((name) => {
        return { name, opType: 'DequantizeLinear', shape: ['n', 4, 6, 6], isOutput: false };
      }),
    );
  });

  test('a channel shuffle keeps the convolution behind it', () => {
    const nodes = [
      conv,
      node('Reshape', ['c', 'five'], ['s']),
      node('Transpose', ['s'], ['t'], { perm: [0, 2, 1, 3, 4] }),
      node('Reshape', ['t', 'four'], ['u']),
      node('Conv', ['u', 'k'], ['v']),
      ...head('v'),
    ];
    const initializers = {
      five: integers(0, 2, 2, 8, 8),
      four: integers(0, 4, 8, 8),
      k: weights([4, 4, 1, 1]),
    };
    expect(targetLayer(read(nodes, { initializers })).name).toBe('v');
  });
});
