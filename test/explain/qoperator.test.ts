// A model that computes with integers: its layers are explained as the real numbers that they stand for.
import { describe, expect, test } from 'vitest';
import { ablationCam, eigenCam, gradCam, meanActivation, miCam, scoreCam } from '../../src/index.js';
import { exposeOutputs, parseModel } from '../../src/onnx/index.js';
import { readModel } from '../../src/onnx/read.js';
import { openSession } from '../../src/runtime/index.js';
import { backends, open } from '../backends.js';
import { caseBytes, explaining, pictures } from '../cases/case.js';
import { expectClose } from '../close.js';
import { model, node, weights } from '../onnx/build.js';
import { rejection } from './classifier.js';
import { joined } from './family-run.js';

const file = 'qoperator/model.onnx';

/** What the file itself gives for both pictures: the layer's integers, and the scores. */
async function fromFile(outputs: readonly string[]) {
  const images = await pictures();
  const data = Float32Array.from(images.flatMap((image) => [...image.data]));
  const bytes = exposeOutputs(readModel(caseBytes(file)), outputs);
  const session = await openSession({ bytes }, { runtime: 'node', threads: 1 });
  const results = await session.run({ x: { data, shape: [2, 3, 32, 32] } });
  await session.dispose();
  return outputs.map((name) => Float64Array.from((results[name] as { data: Float32Array }).data));
}

describe.each(backends)('QOperator form on %s', (backend) => {
  test('maps are those of the dequantised layer, scores those of the file', async ({ skip }) => {
    await open(backend, skip);
    const [integers, scores] = await fromFile(['Aq', 'y']);
    const images = await pictures();
    const methods = [meanActivation, miCam(), eigenCam(), scoreCam()];
    const { layers, found } = await explaining(file, { methods, backend }, async (explainer) => ({
      layers: explainer.layers,
      found: await explainer.explain(images),
    }));
    expect(layers).toEqual([
      {
        name: 'Aq',
        reason: '"Aq" (DequantizeLinear [N, 8, 8, 8]) is the last feature map that the classifier consumes.',
      },
    ]);
    const [scale, zero] = ofLayer();
    const sums = Float32Array.from({ length: 2 * 64 }, (_, i) => {
      const [n, p] = [Math.floor(i / 64), i % 64];
      let sum = 0;
      for (let k = 0; k < 8; k++) sum += scale * (integers[512 * n + 64 * k + p] - zero);
      return sum;
    });
    expectClose(joined(found.map(({ maps }) => maps['mean-activation'].raw.data)), sums, [2, 8, 8], 1e-5);
    expect(found.flatMap((one) => [...one.scores])).toEqual([...scores]);
    for (const method of ['mi-cam', 'eigen-cam', 'score-cam'] as const)
      for (const { maps } of found) expect(Math.max(...maps[method].saliency)).toBe(1);
  });
});

/** Scale and zero point of the layer. */
function ofLayer(): readonly number[] {
  const { initializers } = readModel(caseBytes(file)).graph;
  return ['sA', 'zr'].map((name) => Number(initializers.get(name)?.data()[0]));
}

test('Ablation-CAM runs the part behind the layer', async () => {
  const images = await pictures();
  const found = await explaining(file, { methods: [ablationCam] }, (one) => one.explain(images));
  for (const { maps } of found)
    expect(Math.max(...(maps['ablation-cam'].weights ?? []).map(Math.abs))).toBeGreaterThan(0.01);
});

test('gradients are refused when the model is opened, with what to do', async () => {
  const refused = explaining(file, { methods: [gradCam] }, async () => undefined);
  expect(await rejection(refused)).toEqual([
    'gradients',
    'grad-cam: no gradient from "y" to "Aq": operator com.microsoft:QGemm (node "yq") has no rule. It computes with integers: take the float model, or quantise it in QDQ form; or a method without gradients such as mi-cam.',
  ]);
});

/** `x` → convolution → more → mean → linear layer, all of integers but the ends. */
function quantised(between: Parameters<typeof node>[], last: string, more = {}) {
  const sz = ['s', 'z'];
  const microsoft = (...args: Parameters<typeof node>) => ({ ...node(...args), domain: 'com.microsoft' });
  return model({
    inputs: { x: ['n', 3, 8, 8] },
    domains: { 'com.microsoft': 1 },
    nodes: [
      node('QuantizeLinear', ['x', ...sz], ['xq']),
      node('QLinearConv', ['xq', ...sz, 'k', ...sz, ...sz], ['c'], { pads: [1, 1, 1, 1] }),
      ...between.map((args) => (args[0].startsWith('QLinear') ? microsoft(...args) : node(...args))),
      microsoft('QLinearGlobalAveragePool', [last, ...sz, ...sz], ['g']),
      node('Flatten', ['g'], ['f']),
      node('QLinearMatMul', ['f', ...sz, 'fc', ...sz, ...sz], ['yq']),
      node('DequantizeLinear', ['yq', ...sz], ['y']),
    ],
    initializers: {
      s: { dims: [], values: Float32Array.of(0.05) },
      z: { dims: [], values: Uint8Array.of(128) },
      k: { dims: [4, 3, 3, 3], values: bytes(108) },
      fc: { dims: [4, 5], values: bytes(20) },
      wide: { dims: [8, 5], values: bytes(40) },
    },
    outputs: { y: ['n', 5], ...more },
  });
}

const bytes = (count: number) =>
  Uint8Array.from(weights([count]).values as Float32Array, (value) => 128 + 20 * value);

describe('the layer of integers', () => {
  const sz = ['s', 'z'];
  const window = { kernel_shape: [2, 2], strides: [2, 2] };
  test.each<readonly [what: string, between: Parameters<typeof node>[], last: string, layer: string]>([
    ['a convolution', [], 'c', 'c'],
    ['a sum', [['QLinearAdd', ['c', ...sz, 'c', ...sz, ...sz], ['a']]], 'a', 'a'],
    [
      'a swish',
      [
        ['QLinearSigmoid', ['c', ...sz, ...sz], ['t']],
        ['QLinearMul', ['c', ...sz, 't', ...sz, ...sz], ['a']],
      ],
      'a',
      'a',
    ],
    ['a leaky ReLU', [['QLinearLeakyRelu', ['c', ...sz, ...sz], ['a']]], 'a', 'a'],
    ['before a mean over windows', [['QLinearAveragePool', ['c', ...sz, ...sz], ['a'], window]], 'a', 'c'],
    ['before a maximum over windows', [['MaxPool', ['c'], ['a'], window]], 'a', 'c'],
  ])('%s', async (_, between, last, layer) => {
    const file = quantised(between, last);
    await sameScores(file);
    const methods = [meanActivation];
    const name = await explaining(file, { methods }, async ({ layers }) => layers[0].name);
    expect(name).toBe(layer);
  });

  test('one that is an output keeps its integers there', async () => {
    const file = quantised([], 'c', { c: { dtype: 'uint8', shape: ['n', 4, 8, 8] } });
    await sameScores(file);
    const read = parseModel(file);
    expect(read.graph.outputs.map(({ name, dtype }) => [name, dtype])).toEqual([
      ['y', 'float32'],
      ['c', 'uint8'],
    ]);
    const names = await explaining(file, { methods: [meanActivation], layers: ['c_real'] }, async (one) =>
      one.layers.map((layer) => layer.name),
    );
    expect(names).toEqual(['c_real']);
  });

  test('integers that are named are refused', async () => {
    const refused = explaining(file, { methods: [miCam()], layers: ['Aq_quantized'] }, async () => undefined);
    expect(await rejection(refused)).toEqual([
      'layer',
      'layer "Aq_quantized": expected floating point values, got integers (QLinearConv). Take the float model, or quantise it in QDQ form (quant_format=QuantFormat.QDQ).',
    ]);
  });
});

/** What is read gives the same numbers as the file, to the last bit. */
async function sameScores(file: Uint8Array): Promise<void> {
  const feeds = { x: { data: weights([2, 3, 8, 8]).values, shape: [2, 3, 8, 8] } };
  const [want, got] = await Promise.all(
    [file, parseModel(file).bytes].map(async (bytes) => {
      const session = await openSession({ bytes }, { runtime: 'node', threads: 1 });
      const results = await session.run(feeds);
      await session.dispose();
      return [...(results.y as { data: Float32Array }).data];
    }),
  );
  expect(want.some((value) => value !== 0)).toBe(true);
  expect(got).toEqual(want);
}
