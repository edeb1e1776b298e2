import { describe, expect, test } from 'vitest';
import { classifierWeights, classifyTail, type Node, parseModel, targetLayer } from '../../src/onnx/index.js';
import { float, integers, type ModelSpec, model, node, weights } from './build.js';
import { birds, bytesOfFile, families, noData, noReference, real, stated } from './files.js';

describe('real models', () => {
  test.skipIf(noData).each(real)('$name', (file) => {
    const read = parseModel(bytesOfFile(file));
    const weight = stated().find((entry) => entry.file === file.name)?.fcWeight;
    const tail = classifyTail(read, targetLayer(read).name);
    expect(tail.kind).toBe(weight === null ? 'class-map' : 'gap-linear');
    expect(tail.classifier?.weight ?? null).toBe(weight);
  });

  test('the embedded model', () => {
    const read = parseModel(bytesOfFile(birds));
    const tail = classifyTail(read, targetLayer(read).name);
    expect(tail).toMatchObject({
      kind: 'gap-linear',
      output: 'logits',
      logits: 'logits',
      classifier: { weight: 'fc.weight', layout: 'CK', bias: 'fc.bias', alpha: 1, beta: 1 },
    });
    expect(tail.nodes.map(({ opType }) => opType)).toEqual(['ReduceMean', 'Gemm']);
    const { classes, channels } = classifierWeights(read, tail);
    expect([classes, channels]).toEqual([12, 96]);
  });

  const kinds: Readonly<Record<string, string>> = {
    densenet: 'other', // batch normalisation and ReLU follow
    efficientnet: 'gap-linear',
    inception: 'other', // another convolution follows
    mobilenet_v2: 'gap-linear',
    resnet_basic: 'gap-linear',
    squeezenet: 'other', // a ReLU follows the classifying convolution
    vgg: 'other',
    vgg_gap: 'gap-linear',
    vgg_softmax: 'other',
  };

  test.skipIf(noReference).each(families)('$name, from target_activation', (file) => {
    const tail = classifyTail(parseModel(bytesOfFile(file)), 'target_activation');
    expect(tail.kind).toBe(kinds[file.name]);
    expect(tail.normalisation).toBe(file.name === 'vgg_softmax' ? 'Softmax' : undefined);
    expect(tail.output).toBe('logits');
  });
});

/** x → Relu (the layer "a", [n, 4, 6, 8]) → the given nodes → "y". */
function tailOf(nodes: readonly Node[], more: Partial<ModelSpec> = {}) {
  const read = parseModel(
    model({
      inputs: { x: ['n', 4, 6, 8] },
      nodes: [node('Relu', ['x'], ['a']), ...nodes],
      initializers: {
        ck: weights([5, 4]),
        kc: weights([4, 5]),
        point: weights([5, 4, 1, 1]),
        wide: weights([5, 4, 3, 3]),
        bias: weights([5], 2),
        axes: integers(2, 3),
        flat: integers(0, -1),
        ...more.initializers,
      },
      outputs: { y: {} },
      ...(more.inputs && { inputs: more.inputs }),
      ...(more.opset && { opset: more.opset }),
    }),
    'm.onnx',
  );
  return { read, tail: classifyTail(read, 'a') };
}

const gap = node('GlobalAveragePool', ['a'], ['g']);
const flatten = node('Flatten', ['g'], ['f']);
const gemm = node('Gemm', ['f', 'ck', 'bias'], ['y'], { transB: 1 });

describe('gap-linear', () => {
  const plain = { weight: 'ck', layout: 'CK', bias: 'bias', alpha: 1, beta: 1 };

  test.each<[string, readonly Node[], object]>([
    ['GAP, Flatten, Gemm', [gap, flatten, gemm], plain],
    [
      'Gemm as stored [K, C], with factors',
      [gap, flatten, node('Gemm', ['f', 'kc', 'bias'], ['y'], { alpha: float(2), beta: float(0.5) })],
      { weight: 'kc', layout: 'KC', bias: 'bias', alpha: 2, beta: 0.5 },
    ],
    [
      'MatMul, then Add',
      [gap, flatten, node('MatMul', ['f', 'kc'], ['z']), node('Add', ['bias', 'z'], ['y'])],
      { weight: 'kc', layout: 'KC', bias: 'bias' },
    ],
    [
      'MatMul by a transposed constant',
      [gap, flatten, node('Transpose', ['ck'], ['t'], { perm: [1, 0] }), node('MatMul', ['f', 't'], ['y'])],
      { weight: 'ck', layout: 'CK' },
    ],
    [
      '1×1 Conv after pooling',
      [gap, node('Conv', ['g', 'point', 'bias'], ['c']), node('Flatten', ['c'], ['y'])],
      { weight: 'point', layout: 'CK', bias: 'bias' },
    ],
    [
      '1×1 Conv before pooling',
      [node('Conv', ['a', 'point'], ['c']), node('GlobalAveragePool', ['c'], ['y'])],
      { weight: 'point', layout: 'CK' },
    ],
    ['ReduceMean', [node('ReduceMean', ['a'], ['f'], { axes: [3, 2], keepdims: 0 }), gemm], plain],
    [
      'ReduceMean over negative axes',
      [node('ReduceMean', ['a'], ['g'], { axes: [-2, -1] }), flatten, gemm],
      plain,
    ],
    [
      'AveragePool of the whole map',
      [node('AveragePool', ['a'], ['g'], { kernel_shape: [6, 8] }), flatten, gemm],
      plain,
    ],
    [
      'Dropout, Identity, Squeeze',
      [
        node('Dropout', ['a'], ['d']),
        node('GlobalAveragePool', ['d'], ['g']),
        node('Identity', ['g'], ['i']),
        node('Squeeze', ['i', 'axes'], ['f']),
        gemm,
      ],
      plain,
    ],
    [
      'Reshape by a shape that is computed from the tensor',
      [
        gap,
        node('Shape', ['g'], ['s']),
        node('Slice', ['s', 'zero', 'one'], ['b']),
        node('Concat', ['b', 'minus'], ['t'], { axis: 0 }),
        node('Reshape', ['g', 't'], ['f']),
        gemm,
      ],
      plain,
    ],
  ])('%s', (_, nodes, classifier) => {
    const { tail } = tailOf(nodes, {
      initializers: { zero: integers(0), one: integers(1), minus: integers(-1) },
    });
    expect(tail.kind).toBe('gap-linear');
    expect(tail.classifier).toMatchObject(classifier);
  });

  test('ReduceMean with axes as input (opset 18)', () => {
    const { tail } = tailOf([node('ReduceMean', ['a', 'axes'], ['f'], { keepdims: 0 }), gemm], { opset: 18 });
    expect(tail.kind).toBe('gap-linear');
  });
});

test('weights come as [C, K] whatever the layout, factors applied', () => {
  const values = Float32Array.from({ length: 20 }, (_, i) => i);
  const transposed = Float32Array.from({ length: 20 }, (_, i) => (i % 5) * 4 + Math.floor(i / 5));
  const initializers = {
    ck: { dims: [5, 4], values },
    kc: { dims: [4, 5], values: transposed },
    bias: { dims: [5], values: Float32Array.of(1, 2, 3, 4, 5) },
  };
  const straight = tailOf([gap, flatten, gemm], { initializers });
  const scaled = tailOf(
    [gap, flatten, node('Gemm', ['f', 'kc', 'bias'], ['y'], { alpha: float(2), beta: float(0.5) })],
    { initializers },
  );
  expect(classifierWeights(straight.read, straight.tail)).toEqual({
    weights: values,
    bias: Float32Array.of(1, 2, 3, 4, 5),
    classes: 5,
    channels: 4,
  });
  expect(classifierWeights(scaled.read, scaled.tail)).toEqual({
    weights: values.map((v) => 2 * v),
    bias: Float32Array.of(0.5, 1, 1.5, 2, 2.5),
    classes: 5,
    channels: 4,
  });
});

describe('class-map', () => {
  test.each<[string, readonly Node[]]>([
    ['GAP', [node('GlobalAveragePool', ['a'], ['y'])]],
    ['GAP, Flatten', [gap, node('Flatten', ['g'], ['y'])]],
    ['ReduceMean', [node('ReduceMean', ['a'], ['y'], { axes: [2, 3], keepdims: 0 })]],
  ])('%s', (_, nodes) => {
    expect(tailOf(nodes).tail.kind).toBe('class-map');
  });
});

describe('other', () => {
  test.each<[string, readonly Node[]]>([
    ['Flatten before Gemm', [node('Flatten', ['a'], ['f']), node('Gemm', ['f', 'large'], ['y'])]],
    ['a ReLU between', [gap, flatten, node('Relu', ['f'], ['r']), node('Gemm', ['r', 'kc'], ['y'])]],
    [
      'two linear layers',
      [gap, flatten, node('Gemm', ['f', 'kc'], ['h']), node('Gemm', ['h', 'square'], ['y'])],
    ],
    ['max pooling', [node('GlobalMaxPool', ['a'], ['g']), flatten, gemm]],
    [
      'pooling over one axis',
      [node('ReduceMean', ['a'], ['g'], { axes: [2] }), flatten, node('Gemm', ['f', 'eight'], ['y'])],
    ],
    [
      'pooling over part of the map',
      [
        node('AveragePool', ['a'], ['g'], { kernel_shape: [3, 4], strides: [3, 4] }),
        flatten,
        node('Gemm', ['f', 'four'], ['y']),
      ],
    ],
    ['a 3×3 convolution', [node('Conv', ['a', 'wide'], ['c']), node('GlobalAveragePool', ['c'], ['y'])]],
    [
      'a strided 1×1 convolution before pooling',
      [node('Conv', ['a', 'point'], ['c'], { strides: [2, 2] }), node('GlobalAveragePool', ['c'], ['y'])],
    ],
    ['a sum with itself', [gap, flatten, node('Add', ['f', 'f'], ['h']), node('Gemm', ['h', 'kc'], ['y'])]],
    [
      'two ways',
      [
        gap,
        flatten,
        node('GlobalMaxPool', ['a'], ['m']),
        node('Flatten', ['m'], ['n']),
        node('Add', ['f', 'n'], ['h']),
        node('Gemm', ['h', 'kc'], ['y']),
      ],
    ],
    [
      'channels folded into the batch',
      [gap, node('Reshape', ['g', 'fold'], ['h']), node('Gemm', ['h', 'pair'], ['y'])],
    ],
    [
      'a layer that the scores do not depend on',
      [node('Relu', ['x'], ['b']), node('GlobalAveragePool', ['b'], ['g']), flatten, gemm],
    ],
  ])('%s', (_, nodes) => {
    const initializers = {
      large: weights([192, 5]),
      square: weights([5, 5]),
      eight: weights([32, 5]),
      four: weights([16, 5]),
      fold: integers(-1, 2),
      pair: weights([2, 5]),
    };
    const { tail, read } = tailOf(nodes, { initializers });
    expect(tail.kind).toBe('other');
    expect(() => classifierWeights(read, tail)).toThrow(
      'm.onnx: expected global average pooling and one linear layer after "a", got a tail of kind "other". Choose a method that works with any tail.',
    );
  });

  test('a weight that is an input of the graph is unknown', () => {
    const { tail } = tailOf([
      gap,
      flatten,
      node('Mul', ['f', 'f'], ['s']),
      node('MatMul', ['f', 's'], ['y']),
    ]);
    expect(tail.kind).toBe('other');
  });
});

describe('final normalisation', () => {
  test.each(['Softmax', 'LogSoftmax', 'Sigmoid'] as const)('%s, with the logits before it', (opType) => {
    const nodes = [
      gap,
      flatten,
      node('Gemm', ['f', 'ck'], ['z'], { transB: 1 }),
      node(opType, ['z'], ['s']),
      node('Identity', ['s'], ['y']),
    ];
    const { tail } = tailOf(nodes);
    expect(tail).toMatchObject({ kind: 'gap-linear', output: 'y', logits: 'z', normalisation: opType });
    expect(tail.nodes.map((n) => n.opType)).toEqual(['GlobalAveragePool', 'Flatten', 'Gemm']);
  });

  test('none', () => {
    expect(tailOf([gap, flatten, gemm]).tail).toMatchObject({ output: 'y', logits: 'y' });
    expect(tailOf([gap, flatten, gemm]).tail.normalisation).toBeUndefined();
  });

  // SqueezeNet's published file: [n, C, 1, 1] goes through the softmax.
  test('Softmax over [n, C, 1, 1]', () => {
    const { tail } = tailOf([gap, node('Softmax', ['g'], ['s'], { axis: 1 }), node('Flatten', ['s'], ['y'])]);
    expect(tail).toMatchObject({ kind: 'class-map', logits: 'g', normalisation: 'Softmax' });
  });
});
