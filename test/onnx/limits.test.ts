/** Kinds of files that once ended in something else than an answer or a typed error. */

import { describe, expect, test } from 'vitest';
import { nearestNames } from '../../src/names.js';
import { expectModestFunctions } from '../../src/onnx/functions.js';
import {
  type BakedMethodName,
  bake,
  gradientObstacles,
  inferShapes,
  type LocalFunction,
  type Node,
  parseModel,
  resolveLayer,
  weightLayers,
} from '../../src/onnx/index.js';
import { integers, model, node, weights } from './build.js';

/** A classifier with `nodes` between `a` `[n, 4, 8, 8]` and the head, which takes `b`. */
function around(nodes: readonly Node[], initializers: Parameters<typeof model>[0]['initializers'] = {}) {
  return parseModel(
    model({
      opset: 17,
      inputs: { x: ['n', 3, 8, 8] },
      nodes: [
        node('Conv', ['x', 'w'], ['a'], { pads: [1, 1, 1, 1] }),
        ...nodes,
        node('GlobalAveragePool', ['b'], ['g']),
        node('Flatten', ['g'], ['f']),
        node('Gemm', ['f', 'fc'], ['y'], { transB: 1 }),
      ],
      initializers: { w: weights([4, 3, 3, 3]), fc: weights([5, 4]), ...initializers },
      outputs: { y: ['n', 5] },
    }),
  );
}

const obstacle = (nodes: readonly Node[], initializers?: Parameters<typeof around>[1]) =>
  gradientObstacles(around(nodes, initializers), ['a']).get('a');

describe('what a rule would build without end is refused, with its reason', () => {
  test.each<readonly [what: string, nodes: readonly Node[], reason: string]>([
    [
      'an average of 10^9 elements',
      [
        node('AveragePool', ['a'], ['b'], {
          kernel_shape: [30_000, 30_000],
          pads: [15_000, 15_000, 15_000, 15_000],
        }),
      ],
      'expected lengths of at most 65536, got 900000000',
    ],
    [
      'a maximum of 2,000 rows',
      [node('MaxPool', ['a'], ['b'], { kernel_shape: [2000, 1], pads: [1000, 0, 1000, 0] })],
      'expected windows of up to 1024 along an axis, got 2000',
    ],
    [
      'a kernel of length 0',
      [node('AveragePool', ['a'], ['b'], { kernel_shape: [0, 2] })],
      'expected kernel, strides and dilations of at least 1 along each axis',
    ],
    [
      'a reflection of 70,000',
      [node('Pad', ['a', 'pads'], ['b'], { mode: 'reflect' })],
      'expected lengths of at most 65536',
    ],
    [
      'a slice of axis 7',
      [node('Slice', ['a', 'one', 'two', 'seven'], ['b'])],
      'expected an axis of a tensor with 4, got 7',
    ],
    [
      'an element that is not there',
      [node('Gather', ['a', 'eighty'], ['b'], { axis: 2 })],
      'expected indices below 8',
    ],
    [
      'a slice from half an element on',
      [node('Slice', ['a', 'half', 'two', 'two', 'two'], ['b'])],
      'expected positions of an axis of length 8, got 0.5',
    ],
    [
      'half an element',
      [node('Gather', ['a', 'half'], ['b'], { axis: 2 })],
      'expected positions of an axis of length 8, got 0.5',
    ],
    [
      'three scales for four axes',
      [node('Resize', ['a', '', 'scales'], ['b'], { mode: 'linear' })],
      'expected a scale for each of 4 axes, got 3',
    ],
    [
      'an operator without its inputs',
      [node('Mul', ['a'], ['b'])],
      'expected all inputs that the operator needs',
    ],
  ])('%s', (_, nodes, reason) => {
    const constants = {
      pads: integers(0, 0, 0, 0, 0, 0, 0, 70_000),
      half: { dims: [1], values: Float32Array.of(0.5) },
      scales: { dims: [3], values: Float32Array.of(1, 2, 2) },
      ...{ one: integers(1), two: integers(2), seven: integers(7), eighty: integers(80) },
    };
    expect(obstacle(nodes, constants)).toContain(reason);
  });

  test('an equation of 100,000 letters, in a few words', () => {
    const reason = obstacle([node('Einsum', ['a', 'a'], ['b'], { equation: 'a'.repeat(100_000) })]);
    expect(reason).toContain('"aaaaaaaaaa');
    expect(reason?.length).toBeLessThan(400);
  });

  test('more nodes than any network needs', () => {
    const pools = Array.from({ length: 40 }, (_, i) =>
      node('MaxPool', [i === 0 ? 'a' : `p${i}`], [i === 39 ? 'b' : `p${i + 1}`], {
        kernel_shape: [1000 - i, 1],
        pads: [500, 0, 499 - i, 0],
      }),
    );
    expect(() => bake(around(pools), { method: 'grad-cam', layer: 'a' })).toThrow(
      /expected a backward graph of at most \d+ nodes, got a larger one/,
    );
  });
});

test('names that every object has are names of operators, methods and layers like any other', () => {
  const odd = around([node('constructor', ['a'], ['b']), node('__proto__', ['b'], ['toString'])]);
  expect(weightLayers(odd).map(({ name }) => name)).toEqual(['a', 'y']);
  expect(gradientObstacles(odd, ['a']).get('a')).toMatch(/operator constructor|known number of axes/);
  expect(() => resolveLayer(odd, 'hasOwnProperty')).toThrow('the model has no such tensor');
  const whole = around([node('Relu', ['a'], ['b'])]);
  for (const method of ['toString', '__proto__', 'constructor'] as string[])
    expect(() => bake(whole, { method: method as BakedMethodName })).toThrow('bake: method: expected one of');
});

test.each<readonly [what: string, nodes: readonly Node[]]>([
  ['Slice', [node('Slice', ['a', 'one', 'two', 'nine'], ['b'])]],
  ['Pad', [node('Pad', ['a', 'two', '', 'nine'], ['b'])]],
  ['Resize', [node('Resize', ['a', '', 'two'], ['b'], { axes: [9] })]],
  ['TopK', [node('TopK', ['a', 'one'], ['b', 'c'], { axis: 9 })]],
  ['Concat', [node('Concat', ['zero', 'zero'], ['b'], { axis: 0 })]],
  ['Gather', [node('Gather', ['one', 'two'], ['b'], { axis: 9 })]],
])('%s along an axis that there is not leaves no holes in shapes', (_, nodes) => {
  const shapes = inferShapes(
    around(nodes, {
      zero: { dims: [], values: BigInt64Array.of(0n) },
      ...{ one: integers(1), two: integers(2), nine: integers(9) },
    }),
  );
  for (const shape of shapes.values())
    expect(Object.keys(shape)).toEqual(Array.from(shape.keys(), (axis) => `${axis}`));
});

test('nothing is sliced of nothing, forwards and backwards', () => {
  for (const step of [1, 2, -1, -2]) {
    const nodes = [
      node('Slice', ['a', 'none', 'none', 'two'], ['e']),
      node('Slice', ['e', 'start', 'end', 'two', 'step'], ['b']),
    ];
    const constants = {
      ...{ none: integers(0), two: integers(2), step: integers(step) },
      ...{ start: integers(-1), end: integers(-9) },
    };
    expect(inferShapes(around(nodes, constants)).get('b')).toEqual(['n', 4, 0, 8]);
    expect(() => gradientObstacles(around(nodes, constants), ['a'])).not.toThrow();
  }
});

test('a picture of 2^40 channels has no grey', () => {
  const wide = parseModel(
    model({
      opset: 17,
      inputs: { x: ['n', 2 ** 40, 8, 8] },
      nodes: [
        node('Conv', ['x', 'w'], ['a'], { pads: [1, 1, 1, 1] }),
        node('GlobalAveragePool', ['a'], ['g']),
        node('Flatten', ['g'], ['f']),
        node('Gemm', ['f', 'fc'], ['y'], { transB: 1 }),
      ],
      initializers: { w: weights([4, 3, 3, 3]), fc: weights([5, 4]) },
      outputs: { y: ['n', 5] },
    }),
  );
  expect(() => bake(wide, { method: 'mi-cam' })).toThrow(/channels/);
});

test('an operator of any number of inputs may have none', () => {
  expect(inferShapes(around([node('Sum', [], ['b'])])).get('b')).toBeUndefined();
});

test('nearest names among 200,000, one of 100,000 characters', () => {
  const known = Array.from({ length: 200_000 }, (_, i) => `layer${i}`);
  const before = process.cpuUsage().user;
  expect(nearestNames('x'.repeat(100_000), known)).toHaveLength(3);
  expect(nearestNames('layer199999', known)[0]).toBe('layer199999');
  expect((process.cpuUsage().user - before) / 1e6).toBeLessThan(2);
});

describe('local functions', () => {
  const local = (name: string, calls: readonly string[]): LocalFunction => ({
    name,
    domain: 'own',
    inputs: [],
    outputs: [],
    defaults: new Map(),
    opsets: new Map(),
    nodes: calls.map((opType) => ({ ...node(opType, [], []), domain: 'own' })),
    proto: new Uint8Array(),
  });
  const check = (functions: readonly LocalFunction[]) =>
    expectModestFunctions({ ...around([{ ...node('F0', ['a'], ['b']), domain: 'own' }]), functions });
  const levels = (count: number, calls: number) =>
    Array.from({ length: count }, (_, i) => local(`F${i}`, new Array(calls).fill(`F${i + 1}`)));

  test('that call one another a few times', () => {
    expect(() => check(levels(60, 1))).not.toThrow();
    expect(() => check(levels(60, 1).toReversed())).not.toThrow();
    expect(() => check(levels(12, 2))).not.toThrow();
  });

  test.each([
    ['itself', [local('F0', ['F0'])]],
    ['one another', [local('F0', ['F1']), local('F1', ['F0'])]],
    ['65 deep', levels(65, 1)],
    ['3,000 deep', levels(3000, 1)],
    ['2^30 times', levels(30, 2)],
  ])('that call %s are refused', (_, functions) => {
    for (const order of [functions, functions.toReversed()])
      expect(() => check(order)).toThrow(/expected local functions that (call one another|stand for)/);
  });
});
