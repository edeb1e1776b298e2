import { describe, expect, test } from 'vitest';
import { differentiate, type GradientOptions, tappedModel } from '../../src/onnx/gradient.js';
import { parseModel } from '../../src/onnx/read.js';
import type { Feed } from '../../src/runtime/types.js';
import { expectClose } from '../close.js';
import { random } from '../random.js';
import { integers, type ModelSpec, node } from './build.js';
import { byHand, perceptron, read, x } from './gradients/perceptron.js';
import { toFloats as floats, gradientsOf as gradients, runModel } from './gradients/run.js';
import { errorOf } from './small.js';

describe('targets, in both forms', () => {
  const classes = [2, 0, 1, 2, 2];
  const oneHot = (image: number) => [0, 1, 2].map((c) => Number(c === classes[image]));

  test.each(['separate', 'merged'] as const)('%s: a cotangent of any weights', async (form) => {
    const cotangent: Feed = { shape: [5, 3], data: random(15, 2) };
    const { layer } = await gradients(read(perceptron), { wrt: ['layer'] }, form, { x }, cotangent);
    const want = byHand(floats(x), (image) => [...floats(cotangent)].slice(image * 3, image * 3 + 3));
    expect(layer.shape).toEqual([5, 4]);
    expectClose(floats(layer), want, [5, 4], 1e-6);
  });

  test.each(['separate', 'merged'] as const)('%s: one class per image', async (form) => {
    const target: Feed = { shape: [5], data: BigInt64Array.from(classes, BigInt) };
    const options = { wrt: ['layer'], target: 'index' } as const;
    const { layer } = await gradients(read(perceptron), options, form, { x }, target);
    expectClose(floats(layer), byHand(floats(x), oneHot), [5, 4], 1e-6);
  });

  test.each(['separate', 'merged'] as const)('%s: the class that is predicted', async (form) => {
    const { logits } = await runModel({ bytes: tap(read(perceptron), 'logits') }, { x }, ['logits']);
    const best = (image: number) => {
      const row = [...floats(logits)].slice(image * 3, image * 3 + 3);
      return row.map((value) => Number(value === Math.max(...row)));
    };
    // A test on one class alone would not tell a choice from a constant.
    expect(new Set([0, 1, 2, 3, 4].map((image) => best(image).indexOf(1))).size).toBeGreaterThan(1);
    const { layer } = await gradients(read(perceptron), { wrt: ['layer'], target: 'predicted' }, form, { x });
    expectClose(floats(layer), byHand(floats(x), best), [5, 4], 1e-6);
  });

  test('scores [n, C, 1, 1] take the same targets', async () => {
    const spec: ModelSpec = {
      ...perceptron,
      nodes: [...perceptron.nodes.slice(0, 6), node('Unsqueeze', ['logits', 'axes'], ['maps'])],
      initializers: { ...perceptron.initializers, axes: integers(2, 3) },
      outputs: { maps: ['n', 3, 1, 1] },
    };
    const target: Feed = { shape: [5], data: BigInt64Array.from(classes, BigInt) };
    const options = { wrt: ['layer'], target: 'index' } as const;
    const { layer } = await gradients(read(spec), options, 'merged', { x }, target);
    expectClose(floats(layer), byHand(floats(x), oneHot), [5, 4], 1e-6);
    const predicted = { wrt: ['layer'], target: 'predicted' } as const;
    expect((await gradients(read(spec), predicted, 'separate', { x })).layer.shape).toEqual([5, 4]);
  });

  test('a class cannot be chosen from anything but scores', () => {
    const options = { wrt: ['x'], target: 'index', score: { tensor: 's' } } as const;
    const spec: ModelSpec = {
      inputs: { x: ['n', 4, 2] },
      nodes: [node('Relu', ['x'], ['s'])],
      outputs: { s: [] },
    };
    expect(errorOf(() => differentiate(read(spec), options))).toEqual([
      'gradients',
      'target index: expected scores [n, C] to choose a class from, got "s" [n, 4, 2]. Give a cotangent of that shape instead.',
    ]);
  });
});

describe('what is differentiated', () => {
  test('the logit before a final Softmax, or the probability itself', () => {
    const score = (options: Partial<GradientOptions>) =>
      differentiate(read(perceptron), { wrt: ['layer'], ...options }).score;
    expect([score({}), score({ score: 'probability' }), score({ score: { tensor: 'sum' } })]).toEqual([
      'logits',
      'probabilities',
      'sum',
    ]);
  });

  test('several tensors at once, layers, inputs and weights, are what each is alone', async () => {
    const wrt = ['x', 'relu', 'w', 'scale', 'bias'];
    const cotangent: Feed = { shape: [5, 3], data: random(15, 2) };
    const together = await gradients(read(perceptron), { wrt }, 'separate', { x }, cotangent);
    for (const tensor of wrt) {
      const alone = await gradients(read(perceptron), { wrt: [tensor] }, 'merged', { x }, cotangent);
      expect(alone[tensor].shape, tensor).toEqual(together[tensor].shape);
      expectClose(floats(alone[tensor]), floats(together[tensor]), alone[tensor].shape, 1e-6);
    }
    expect(together.bias.shape).toEqual([3]);
    const columns = [0, 1, 2].map((c) =>
      [...floats(cotangent)].reduce((s, v, i) => s + (i % 3 === c ? v : 0), 0),
    );
    expectClose(floats(together.bias), columns, [3], 1e-6);
  });

  test('nothing before the layer is visited, and nothing is tapped that is not needed', () => {
    const { taps, shapeTaps, bytes, inputs } = differentiate(read(perceptron), { wrt: ['layer'] });
    expect([taps, shapeTaps.size, inputs.map(({ name }) => name)]).toEqual([
      ['relu'],
      0,
      ['cotangent', 'relu'],
    ]);
    const { nodes, initializers } = parseModel(bytes).graph;
    expect(nodes.map(({ opType }) => opType).filter((name) => name === 'Softmax')).toEqual([]);
    expect([...initializers.keys()].filter((name) => ['scale', 'bias'].includes(name))).toEqual([]);
  });
});

describe('lengths', () => {
  /** Broadcasting of which nothing is known before the run: `a` may have to be summed over any axis. */
  const unknown: ModelSpec = {
    inputs: { a: [undefined, undefined], b: ['p', 'q', 'r'] },
    nodes: [node('Exp', ['a'], ['e']), node('Mul', ['e', 'b'], ['y'])],
    outputs: { y: [] },
  };

  test.each([
    ['in front', [3, 4], [2, 3, 4]],
    ['in front and inside', [1, 4], [2, 3, 4]],
    ['everywhere', [1, 1], [2, 3, 4]],
    ['nowhere but in front, where it has length 1', [3, 4], [1, 3, 4]],
  ] as const)('that are known at run time only: broadcast %s', async (_, shape, size) => {
    const a: Feed = { shape, data: random(shape[0] * shape[1], 1) };
    const b: Feed = { shape: size, data: random(size[0] * 12, 2) };
    const cotangent: Feed = { shape: size, data: random(size[0] * 12, 3) };
    const want = new Float64Array(shape[0] * shape[1]);
    for (let i = 0; i < size[0] * 12; i++) {
      const at = (shape[0] === 1 ? 0 : Math.floor(i / 4) % 3) * shape[1] + (shape[1] === 1 ? 0 : i % 4);
      want[at] += floats(b)[i] * floats(cotangent)[i] * Math.exp(floats(a)[at]);
    }
    for (const form of ['separate', 'merged'] as const) {
      const options = { wrt: ['a'], score: { tensor: 'y' } } as const;
      const got = await gradients(read(unknown), options, form, { a, b }, cotangent);
      expect(got.a.shape).toEqual(shape);
      expectClose(floats(got.a), want, shape, 1e-6);
    }
  });

  test('names tell that lengths are equal: no shapes are asked for', () => {
    const spec: ModelSpec = {
      inputs: { a: ['n', 'm'], b: ['n', 'm'] },
      nodes: [node('Mul', ['a', 'b'], ['y'])],
      outputs: { y: [] },
    };
    const { bytes, taps } = differentiate(read(spec), { wrt: ['a', 'b'], score: { tensor: 'y' } });
    expect(parseModel(bytes).graph.nodes.map(({ opType }) => opType)).toEqual(['Mul', 'Mul']);
    expect(taps).toEqual(['a', 'b']);
  });

  // A tap of the whole tensor would carry its elements for nothing.
  test('a tensor of which only the shape is needed hands over its shape', () => {
    const spec: ModelSpec = {
      inputs: { a: [undefined, undefined], b: ['p', 'q'] },
      nodes: [node('Neg', ['a'], ['c']), node('Add', ['c', 'b'], ['y'])],
      outputs: { y: [] },
    };
    const gradient = differentiate(read(spec), { wrt: ['c'], score: { tensor: 'y' } });
    expect([gradient.taps, [...gradient.shapeTaps]]).toEqual([[], [['c', 'backward/shape/c']]]);
    const tapped = parseModel(tappedModel(gradient).bytes).graph;
    expect(tapped.outputs.map(({ name }) => name)).toEqual(['y', 'backward/shape/c']);
  });
});

const tap = (given: ReturnType<typeof read>, tensor: string): Uint8Array =>
  tappedModel({ ...differentiate(given, { wrt: [tensor], score: { tensor } }), taps: [] }, [tensor]).bytes;
