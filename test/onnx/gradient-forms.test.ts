import { expect, test } from 'vitest';
import { differentiate } from '../../src/onnx/gradient.js';
import type { Attribute } from '../../src/onnx/model.js';
import { parseModel } from '../../src/onnx/read.js';
import { constantTensor } from '../../src/onnx/values.js';
import { makeGraph } from '../../src/onnx/write.js';
import type { Feed } from '../../src/runtime/types.js';
import { expectClose } from '../close.js';
import { random } from '../random.js';
import { float, integers, type ModelSpec, node, weights } from './build.js';
import { byHand, perceptron, read, x } from './gradients/perceptron.js';
import { toFloats as floats, gradientsOf as gradients, runModel } from './gradients/run.js';

test('an If whose condition is known is differentiated through the branch that is taken', async () => {
  const branch = (name: string, nodes: ModelSpec['nodes']) => ({
    type: 'graph' as const,
    value: makeGraph(name, { nodes, outputs: [{ name, dtype: 'float32' as const, shape: ['n', 4] }] }),
  });
  const spec: ModelSpec = {
    ...perceptron,
    nodes: [
      node('Shape', ['x'], ['shape']),
      node('Gather', ['shape', 'one'], ['length']),
      node('Equal', ['length', 'four'], ['isFour']),
      node('If', ['isFour'], ['x2'], {
        then_branch: branch('t', [node('Exp', ['x'], ['inner']), node('Mul', ['inner', 'inner'], ['t'])]),
        else_branch: branch('e', [node('Identity', ['x'], ['e'])]),
      }),
      node('MatMul', ['x2', 'w'], ['logits']),
    ],
    initializers: { w: weights([4, 3]), one: integers(1), four: integers(4) },
    outputs: { logits: ['n', 3] },
  };
  const cotangent: Feed = { shape: [5, 3], data: random(15, 2) };
  const { values: w } = weights([4, 3]);
  const want = Array.from(floats(x), (value, i) => {
    const at = Math.floor(i / 4) * 3;
    const weighted = [0, 1, 2].reduce(
      (sum, j) => sum + floats(cotangent)[at + j] * Number(w[(i % 4) * 3 + j]),
      0,
    );
    return 2 * Math.exp(2 * value) * weighted;
  });
  for (const form of ['separate', 'merged'] as const) {
    const got = await gradients(read(spec), { wrt: ['x'] }, form, { x }, cotangent);
    expectClose(floats(got.x), want, [5, 4], 1e-6);
  }
});

// Tensors inside two branches may have the same name: they are strangers to one another.
test('two Ifs whose branches use the same names', async () => {
  const branch = (name: string, from: string): Attribute => ({
    type: 'graph',
    value: makeGraph(name, {
      nodes: [node('Mul', [from, 'factor'], ['inner']), node('Exp', ['inner'], ['out'])],
      initializers: [constantTensor('factor', [], Float32Array.of(name === 'first' ? 2 : 3))],
      outputs: [{ name: 'out', dtype: 'float32', shape: ['n', 4] }],
    }),
  });
  const decision = (name: string, from: string, to: string) =>
    node('If', ['yes'], [to], { then_branch: branch(name, from), else_branch: branch(name, from) });
  const spec: ModelSpec = {
    inputs: { x: ['n', 4] },
    nodes: [decision('first', 'x', 'a'), decision('second', 'a', 'logits')],
    initializers: { yes: { dims: [], values: Uint8Array.of(1), dtype: 'bool' } },
    outputs: { logits: ['n', 4] },
  };
  const ones: Feed = { shape: [5, 4], data: new Float32Array(20).fill(1) };
  // exp(3·exp(2x))
  const want = Array.from(floats(x), (v) => 6 * Math.exp(2 * v) * Math.exp(3 * Math.exp(2 * v)));
  for (const form of ['separate', 'merged'] as const) {
    const got = await gradients(read(spec), { wrt: ['x'] }, form, { x }, ones);
    expectClose(floats(got.x), want, [5, 4], 1e-5);
  }
});

test.each([7, 9, 10, 11, 13, 16, 17, 18, 19, 20, 21, 22])(
  'opset %i: both forms run, and say the same',
  async (opset) => {
    const nodes = perceptron.nodes.slice(0, 6);
    const spec: ModelSpec = { ...perceptron, nodes, opset, outputs: { logits: ['n', 3] } };
    const cotangent: Feed = { shape: [5, 3], data: random(15, 2) };
    const want = byHand(floats(x), (image) => [...floats(cotangent)].slice(image * 3, image * 3 + 3));
    for (const form of ['separate', 'merged'] as const) {
      const { layer } = await gradients(
        read({ ...spec, irVersion: opset < 9 ? 3 : 8 }),
        { wrt: ['layer'] },
        form,
        { x },
        cotangent,
      );
      expectClose(floats(layer), want, [5, 4], 1e-6);
    }
    const merged = differentiate(read(spec), { wrt: ['layer'], form: 'merged' });
    expect(parseModel(merged.bytes).opset).toBe(Math.max(opset, 17));
  },
);

// Cotangents are float32 throughout: sums of many small ones would be lost in half precision.
test.each(['separate', 'merged'] as const)('a float16 model, %s, has float32 gradients', async (form) => {
  const half = (name: string) => node('Cast', [name], [`${name}/h`], { to: 10 });
  const spec: ModelSpec = {
    inputs: { x: ['n', 4] },
    nodes: [
      half('x'),
      half('w'),
      node('Clip', ['x/h'], ['layer'], { min: float(-0.5), max: float(0.75) }),
      node('Exp', ['layer'], ['e']),
      node('MatMul', ['e', 'w/h'], ['logits/h']),
      node('Cast', ['logits/h'], ['logits'], { to: 1 }),
    ],
    opset: 9,
    initializers: { w: weights([4, 3]) },
    outputs: { logits: ['n', 3] },
  };
  const cotangent: Feed = { shape: [5, 3], data: random(15, 2) };
  const got = await gradients(read(spec), { wrt: ['x', 'layer'] }, form, { x }, cotangent);
  const { values: w } = weights([4, 3]);
  const want = Array.from(floats(x), (value, i) => {
    const at = Math.floor(i / 4) * 3;
    const weighted = [0, 1, 2].reduce(
      (sum, j) => sum + floats(cotangent)[at + j] * Number(w[(i % 4) * 3 + j]),
      0,
    );
    return Math.exp(Math.min(Math.max(value, -0.5), 0.75)) * weighted;
  });
  // The forward values that the rules read are rounded to 11 bits.
  expectClose(floats(got.layer), want, [5, 4], 2e-3);
  const inside = want.map((value, i) => (floats(x)[i] > -0.5 && floats(x)[i] < 0.75 ? value : 0));
  expectClose(floats(got.x), inside, [5, 4], 2e-3);
});

test('large weights are not copied but taken from the forward model', () => {
  const spec: ModelSpec = {
    inputs: { x: ['n', 512] },
    nodes: [node('MatMul', ['x', 'w'], ['logits'])],
    initializers: { w: weights([512, 256]) },
    outputs: { logits: ['n', 256] },
  };
  const given = read(spec);
  const { bytes, externalData } = differentiate(given, { wrt: ['x'] });
  expect(bytes.length).toBeLessThan(1000);
  expect(externalData.length).toBe(1);
  expect(externalData[0].data).toBe(given.bytes);
});

test('names that the model has already are avoided', async () => {
  const spec: ModelSpec = {
    inputs: { cotangent: ['n', 4] },
    nodes: [
      node('Exp', ['cotangent'], ['backward/Mul_0']),
      node('Mul', ['backward/Mul_0', 'backward/Mul_0'], ['gradient/cotangent']),
    ],
    outputs: { 'gradient/cotangent': ['n', 4] },
  };
  const ones: Feed = { shape: [5, 4], data: new Float32Array(20).fill(1) };
  for (const form of ['separate', 'merged'] as const) {
    const got = await gradients(read(spec), { wrt: ['cotangent'] }, form, { cotangent: x }, ones);
    expectClose(
      floats(got.cotangent),
      Array.from(floats(x), (v) => 2 * Math.exp(2 * v)),
      [5, 4],
      1e-6,
    );
  }
});

// Real graphs are thousands of nodes deep: neither the sweep nor the search for the way may recurse.
test('a chain of 5000 nodes', () => {
  const nodes = Array.from({ length: 5000 }, (_, i) => node('Neg', [`t${i}`], [`t${i + 1}`]));
  const spec: ModelSpec = { inputs: { t0: ['n', 3] }, nodes, outputs: { t5000: ['n', 3] } };
  const { bytes } = differentiate(read(spec), { wrt: ['t0'] });
  expect(parseModel(bytes).graph.nodes.length).toBe(5000);
});

test('the merged form has the layer and its scores as outputs where they are asked for', async () => {
  const gradient = differentiate(read(perceptron), {
    wrt: ['layer'],
    form: 'merged',
    expose: ['layer', 'logits', 'probabilities'],
  });
  const cotangent: Feed = { shape: [5, 3], data: random(15, 2) };
  const names = parseModel(gradient.bytes).graph.outputs.map(({ name }) => name);
  expect(names).toEqual(['probabilities', 'layer', 'logits', 'gradient/layer']);
  const got = await runModel(gradient, { x, cotangent }, names);
  const { values: scale } = weights([4], 3);
  expectClose(
    floats(got.layer),
    Array.from(floats(x), (v, i) => v * Number(scale[i % 4])),
    [5, 4],
    1e-6,
  );
  expect(got.logits.shape).toEqual([5, 3]);
});
