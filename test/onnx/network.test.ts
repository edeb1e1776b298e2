import { describe, expect, test, vi } from 'vitest';
import { createExplainer } from '../../src/index.js';
import {
  analyse,
  candidateLayers,
  classifierWeights,
  classifyTail,
  classScores,
  constantTensor,
  type Model,
  parseModel,
  resolveLayer,
  targetLayer,
  withScoring,
} from '../../src/onnx/index.js';
import { model as bytesOf, weights } from './build.js';
import { counted } from './counted.js';
import { conv, head, read } from './small.js';

/** Passes over the nodes of the model that was parsed last. */
let passes = () => 0;
vi.mock('../../src/onnx/read.js', async (original) => {
  const actual = await original<typeof import('../../src/onnx/read.js')>();
  return {
    ...actual,
    parseModel: (...args: Parameters<typeof parseModel>) => {
      const made = counted(actual.parseModel(...args));
      passes = made.passes;
      return made.model;
    },
  };
});

const small = (): Model => read([conv, ...head('c')]);

/** Reads every fact of a classifier. */
function readAll(model: Model): void {
  const { name } = targetLayer(model);
  candidateLayers(model);
  resolveLayer(model, name);
  classScores(model);
  classifierWeights(model, classifyTail(model, name));
  void analyse(model).largestTensor;
}

describe('the facts of a model', () => {
  test('are found once: read again, no node is visited', () => {
    const model = small();
    readAll(model);
    const first = passes();
    readAll(model);
    expect(passes()).toBe(first);
    expect(first).toBeGreaterThan(0);
  });

  test('are one object per model', () => {
    const model = small();
    expect(analyse(model)).toBe(analyse(model));
    expect(analyse(model).tail('c')).toBe(analyse(model).tail('c'));
    expect(analyse(model).linearWeights('c')).toBe(analyse(model).linearWeights('c'));
  });

  test('index and shapes belong to the graph: a model of other scoring shares them', () => {
    const model = small();
    const scored = withScoring(model, { output: 'logits' });
    expect(analyse(scored)).not.toBe(analyse(model));
    expect(analyse(scored).index).toBe(analyse(model).index);
    expect(analyse(scored).shapes).toBe(analyse(model).shapes);
  });

  test('other inputs have other shapes and the same index; other constants have another index', () => {
    const model = small();
    const inputs = [{ name: 'x', dtype: 'float32', shape: ['n', 3, 16, 16] } as const];
    const larger = analyse({ ...model, graph: { ...model.graph, inputs } });
    expect(larger.index).toBe(analyse(model).index);
    expect(larger.shapes.get('c')).toEqual(['n', 4, 16, 16]);
    expect(analyse(model).shapes.get('c')).toEqual(['n', 4, 8, 8]);
    const initializers = new Map(model.graph.initializers).set(
      'fc',
      constantTensor('fc', [4, 5], new Float32Array(20)),
    );
    const zeroed = analyse({ ...model, graph: { ...model.graph, initializers } });
    expect(zeroed.linearWeights('c').weights).toEqual(new Float32Array(20));
    expect(analyse(model).linearWeights('c').weights).not.toEqual(new Float32Array(20));
  });

  test('another opset reads the same graph anew', () => {
    const model = small();
    const { shapes } = analyse(model);
    expect(analyse({ ...model, opset: 17 }).shapes).not.toBe(shapes);
  });

  test('a fact that cannot be found gives the same error each time', () => {
    const network = analyse(read([conv], { outputs: { c: [] } }));
    const errors = [1, 2].map(() => {
      try {
        return network.scores;
      } catch (error) {
        return error;
      }
    });
    expect(errors[0]).toBeInstanceOf(Error);
    expect(errors[1]).toBe(errors[0]);
  });
});

test('weights that lie as [C, K] are views of the file', () => {
  const bytes = bytesOf({
    inputs: { x: ['n', 3, 8, 8] },
    nodes: [conv, ...head('c').slice(0, 2), { ...head('c')[2], attributes: new Map([['transB', ONE]]) }],
    initializers: { w: weights([4, 3, 3, 3]), fc: weights([5, 4]) },
    outputs: { logits: [] },
  });
  const stored = parseModel(bytes).graph.initializers.get('fc')?.data();
  const { weights: rows, classes, channels } = analyse(parseModel(bytes)).linearWeights('c');
  expect([classes, channels]).toEqual([5, 4]);
  expect(rows).toEqual(stored);
  // Values that are not aligned in the file are copied once.
  if (stored?.buffer === bytes.buffer) expect(rows.buffer).toBe(bytes.buffer);
});

const ONE = { type: 'int', value: 1 } as const;

test('an explainer is opened with few passes over the graph', async () => {
  const file = {
    bytes: bytesOf({
      inputs: { x: ['n', 3, 8, 8] },
      nodes: [conv, ...head('c')],
      initializers: { w: weights([4, 3, 3, 3]), fc: weights([4, 5]) },
      outputs: { logits: [] },
    }),
  };
  const open = () => createExplainer(file, { methods: ['grad-cam', 'score-cam'], backend: 'wasm' });
  const explainer = await open();
  const first = passes();
  expect(first).toBeLessThanOrEqual(14);
  // The file is not parsed again.
  await (await open()).dispose();
  expect(passes()).toBeGreaterThan(first);
  expect(passes() - first).toBeLessThan(first);
  await explainer.dispose();
});
