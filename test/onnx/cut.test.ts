import { describe, expect, test } from 'vitest';
import { CamError } from '../../src/index.js';
import { cutTail, largestTensor, parseModel } from '../../src/onnx/index.js';
import { openSession, type RuntimeTensor } from '../../src/runtime/index.js';
import { expectClose } from '../close.js';
import { random } from '../random.js';
import { integers, type ModelSpec, model, node, weights } from './build.js';

const SIZE = 8;

/** `x` → Conv → Relu `a` → the given tail → `y [n, 5]`. */
const classifier = (nodes: ModelSpec['nodes'], more: Partial<ModelSpec> = {}) =>
  model({
    inputs: { x: ['n', 3, SIZE, SIZE] },
    outputs: { y: ['n', 5] },
    ...more,
    nodes: [node('Conv', ['x', 'w'], ['c'], { strides: [2, 2] }), node('Relu', ['c'], ['a']), ...nodes],
    initializers: {
      w: weights([6, 3, 2, 2]),
      fc: weights([96, 5], 2),
      shape: integers(-1, 96),
      ...more.initializers,
    },
  });

const plain = [
  node('Reshape', ['a', 'shape'], ['r']),
  node('MatMul', ['r', 'fc'], ['z']),
  node('Softmax', ['z'], ['y']),
];

/** What the whole model says of two pictures, and what the cut tail says of their activations. */
async function compare(bytes: Uint8Array, score: 'logit' | 'probability', tensor: string) {
  const whole = parseModel(bytes);
  const cut = cutTail(whole, 'a', score);
  const { exposeOutputs } = await import('../../src/onnx/index.js');
  const full = await openSession({ bytes: exposeOutputs(whole, ['a', tensor]) }, { runtime: 'node' });
  const tail = await openSession(cut, { runtime: 'node' });
  const x = { data: random(2 * 3 * SIZE * SIZE, 1), shape: [2, 3, SIZE, SIZE] };
  const results = (await full.run({ x })) as Record<string, RuntimeTensor>;
  const { data, shape } = results.a;
  const alone = (await tail.run({ a: { data, shape } })) as Record<string, RuntimeTensor>;
  expect(Object.keys(alone)).toEqual([tensor]);
  const want = results[tensor].data as Float32Array;
  expectClose(alone[tensor].data as Float32Array, want, results[tensor].shape, 1e-6);
  const inputs = tail.inputs.map(({ name, shape: declared }) => [name, declared]);
  await full.dispose();
  await tail.dispose();
  return { cut, inputs };
}

describe('the part behind a layer', () => {
  test('gives the logits, or the model’s own output; the batch stays free; weights stay in the file', async () => {
    const { cut, inputs } = await compare(classifier(plain), 'logit', 'z');
    expect(inputs).toEqual([['a', ['n', 6, 4, 4]]]);
    expect(cut.bytes.length).toBeLessThan(1000); // fc alone has 1,920 bytes
    expect(cut.largest).toBe(4 * 96);
    await compare(classifier(plain), 'probability', 'y');
  });

  test('a batch that the model fixes stays fixed, and is run row by row', async () => {
    const fixed = classifier(plain, {
      inputs: { x: [1, 3, SIZE, SIZE] },
      outputs: { y: [1, 5] },
      initializers: { shape: integers(1, 96) },
    });
    const { inputs } = await compare(fixed, 'logit', 'z');
    expect(inputs).toEqual([['a', [1, 6, 4, 4]]]);
  });

  test('constants that are computed, and shapes of the layer itself, come along', async () => {
    const nodes = [
      node('Shape', ['a'], ['s']),
      node('Gather', ['s', 'zero'], ['n0']),
      node('Concat', ['n0', 'rest'], ['to'], { axis: 0 }),
      node('Reshape', ['a', 'to'], ['r']),
      node('Transpose', ['fcT'], ['fc2'], { perm: [1, 0] }),
      node('Gemm', ['r', 'fc2'], ['y']),
    ];
    const initializers = { zero: integers(0), rest: integers(96), fcT: weights([5, 96], 4) };
    await compare(classifier(nodes, { initializers }), 'logit', 'y');
  });

  test('a size that is known although it is read from the picture is written down', async () => {
    const nodes = [
      node('Shape', ['x'], ['s']),
      node('Gather', ['s', 'two'], ['side']), // 8
      node('Mul', ['side', 'twelve'], ['length']),
      node('Concat', ['minus', 'length'], ['to'], { axis: 0 }),
      node('Reshape', ['a', 'to'], ['r']),
      node('MatMul', ['r', 'fc'], ['y']),
    ];
    const initializers = { two: integers(2), twelve: integers(12), minus: integers(-1) };
    await compare(classifier(nodes, { initializers }), 'logit', 'y');
  });
});

test('a way around the layer is refused with the tensor that needs it', () => {
  const around = classifier(
    [
      node('Conv', ['a', 'w2'], ['b']),
      node('Add', ['b', 'c'], ['sum']),
      node('Reshape', ['sum', 'shape'], ['r']),
      node('MatMul', ['r', 'fc'], ['y']),
    ],
    { initializers: { w2: weights([6, 6, 1, 1]) } },
  );
  const attempt = () => cutTail(parseModel(around, 'm.onnx'), 'b');
  expect(attempt).toThrow(CamError);
  expect(attempt).toThrow(
    'layer "b": expected the scores to depend on it alone, but they also need "c" (Conv), which does not come from it. Choose a later layer, or a method without passes of the tail.',
  );
});

test('the largest tensor counts what is known of one image', () => {
  const shapes = new Map([
    ['p', ['n', 3, 10, 10] as const],
    ['q', ['n', 7, undefined, 100] as const],
  ]);
  const made = (name: string) => node('Relu', ['x'], [name]);
  expect(largestTensor([made('p')], shapes)).toBe(1200);
  expect(largestTensor([made('p'), made('q')], shapes)).toBe(2800);
  expect(largestTensor([], shapes)).toBe(4);
});
