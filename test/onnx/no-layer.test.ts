import { describe, expect, test } from 'vitest';
import {
  candidateLayers,
  imageInput,
  makeGraph,
  type Node,
  resolveLayer,
  targetLayer,
} from '../../src/onnx/index.js';
import { float, integers, type ModelSpec, node, weights } from './build.js';
import { conv, errorOf, head, read } from './small.js';

describe('models without a layer', () => {
  test('a transformer', () => {
    const nodes = [
      node('Conv', ['x', 'w'], ['patches'], { strides: [2, 2] }),
      node('Reshape', ['patches', 'tokens'], ['t']),
      node('Transpose', ['t'], ['k'], { perm: [0, 2, 1] }),
      node('MatMul', ['k', 't'], ['scores']),
      node('Softmax', ['scores'], ['attention']),
      node('MatMul', ['attention', 'k'], ['mixed']),
      node('ReduceMean', ['mixed'], ['g'], { axes: [1], keepdims: 0 }),
      node('Gemm', ['g', 'fc'], ['logits']),
    ];
    expect(errorOf(() => targetLayer(read(nodes, { initializers: { tokens: integers(0, 4, -1) } })))).toEqual(
      [
        'layer',
        'm.onnx: expected a feature map [n, K, h, w] before the classifier, got none: after the last one, "patches", come 7 nodes that work on tokens (a transformer?). None of its norms and sums is a grid of tokens that is known: export it for pictures of one size, or name a layer.',
      ],
    );
  });

  test('a multi-layer perceptron', () => {
    const nodes = [node('Flatten', ['x'], ['f']), node('Gemm', ['f', 'fc'], ['logits'])];
    expect(errorOf(() => targetLayer(read(nodes, { initializers: { fc: weights([192, 5]) } })))).toEqual([
      'layer',
      'm.onnx: expected a feature map [n, K, h, w] before the classifier, got none: no tensor with a known shape is one of more than one position. If a tensor of another shape or none is one, name it as the layer.',
    ]);
  });
});

describe('inputs', () => {
  const nodes = [conv, ...head('c')];

  test('initialisers are none', () => {
    expect(imageInput(read(nodes)).name).toBe('x');
  });

  test.each<[string, ModelSpec['inputs'], readonly Node[], string]>([
    [
      'two',
      { x: ['n', 3, 8, 8], y: [1] },
      nodes,
      'm.onnx: expected one input (the picture), got 2: "x" [n, 3, 8, 8], "y" [1]. Give the others values by "inputs" (--input y=FILE), and name the picture by "picture" (--picture NAME) where it is another.',
    ],
    ['none', {}, [], 'm.onnx: expected one input (the picture), got none.'],
    [
      'text',
      { ids: ['n', 128] },
      [],
      'm.onnx: expected a picture [n, C, H, W] as input, got "ids" [n, 128]. Only models that take a picture can be explained.',
    ],
    [
      'channels last',
      { x: ['n', 224, 224, 3] },
      [],
      'm.onnx: expected the channels before height and width (NCHW), got "x" [n, 224, 224, 3] with channels last (NHWC). Export it again with channels first (tf2onnx: --inputs-as-nchw x).',
    ],
    [
      'channels last, seen by the Transpose after normalisation only',
      { x: { dtype: 'uint8' } },
      [
        node('Cast', ['x'], ['f'], { to: 1 }),
        node('Div', ['f', 'fc'], ['d']),
        node('Transpose', ['d'], ['t'], { perm: [0, 3, 1, 2] }),
      ],
      'm.onnx: expected the channels before height and width (NCHW), got "x" (shape unknown) with channels last (NHWC). Export it again with channels first (tf2onnx: --inputs-as-nchw x).',
    ],
  ])('%s', (_, inputs, graph, message) => {
    const of = read(graph, { inputs });
    expect(errorOf(() => imageInput(of))).toEqual(['model', message]);
    // Channels last are no obstacle to explaining.
    if (!message.includes('NHWC')) expect(errorOf(() => candidateLayers(of))).toEqual(['model', message]);
  });

  test('no scores', () => {
    const label = read([conv, node('ArgMax', ['c'], ['l'], { axis: 1 })], {
      outputs: { l: { dtype: 'int64', shape: ['n', 1, 8, 8] } },
    });
    expect(errorOf(() => targetLayer(label))).toEqual([
      'target',
      'm.onnx: expected an output with class scores [n, C], got "l" [n, 4, 8, 8] (a map with positions: segmentation?). Ask for another target: --target pixels:CLASS (segmentation); in code createExplainer(model, { target }).',
    ]);
  });
});

describe('resolveLayer', () => {
  const nodes = [
    node('Conv', ['x', 'w'], ['features.26'], {}, 'conv26'),
    node('LeakyRelu', ['features.26'], ['features.28.relu'], { alpha: float(0.1) }),
    ...head('features.28.relu'),
  ];
  const named = read(nodes);

  test('a tensor by its name', () => {
    expect(resolveLayer(named, 'features.28.relu')).toEqual({
      name: 'features.28.relu',
      opType: 'LeakyRelu',
      shape: ['n', 4, 6, 6],
      isOutput: false,
    });
  });

  test.each([
    [
      'features.28',
      'layer "features.28": the model has no such tensor. Nearest tensors: "features.28.relu", "features.26".',
    ],
    ['', 'layer "": the model has no such tensor. Nearest tensors: "features.26", "features.28.relu".'],
    [
      'conv26',
      'layer "conv26": the model has a node of that name, but no tensor. The node makes "features.26". Nearest tensors: "features.26", "features.28.relu".',
    ],
    [
      'x',
      'layer "x": that is the picture itself, not a layer. Nearest tensors: "features.26", "features.28.relu".',
    ],
    [
      'logits',
      'layer "logits": expected spatial extent [n, K, h, w], got [n, 5]. Nearest tensors: "features.26", "features.28.relu".',
    ],
    [
      'g',
      'layer "g": expected spatial extent [n, K, h, w], got [n, 4, 1, 1]. Nearest tensors: "features.26", "features.28.relu".',
    ],
  ])('"%s"', (name, message) => {
    expect(errorOf(() => resolveLayer(named, name))).toEqual(['layer', message]);
  });

  test('a tensor of unknown rank is believed', () => {
    const odd = read([conv, node('Mystery', ['c'], ['m']), node('Mystery', ['m'], ['logits'])]);
    expect(resolveLayer(odd, 'm').shape).toEqual([undefined, undefined, undefined, undefined]);
  });

  test('a tensor within a subgraph is out of reach', () => {
    const inner = makeGraph('inner', {
      nodes: [node('Relu', ['c'], ['hidden'])],
      outputs: [{ name: 'hidden' }],
    });
    const branches = {
      then_branch: { type: 'graph', value: inner },
      else_branch: { type: 'graph', value: inner },
    } as const;
    const flag = { dims: [], values: Uint8Array.of(1), dtype: 'bool' } as const;
    const nested = read([conv, node('If', ['flag'], ['i'], branches), ...head('i')], {
      initializers: { flag },
    });
    expect(errorOf(() => resolveLayer(nested, 'hidden'))[0]).toBe('layer');
    expect(targetLayer(nested).name).toBe('c');
  });
});
