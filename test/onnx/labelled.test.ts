import { describe, expect, test } from 'vitest';
import { readNetwork } from '../../src/explain/read-network.js';
import { createExplainer, gradCam } from '../../src/index.js';
import { type Node, parseModel } from '../../src/onnx/index.js';
import { image } from '../explain/small-models.js';
import { type ModelSpec, model, node, weights } from './build.js';
import { scoresOf } from './scoring.js';
import { conv, head } from './small.js';

describe('labels by ONNX-ML', () => {
  const names = ['cat', 'dog', 'owl', 'fox', 'hen'];
  const ml = (
    opType: string,
    inputs: string[],
    outputs: string[],
    attributes: Record<string, unknown>,
  ): Node => ({
    name: outputs[0],
    opType,
    domain: 'ai.onnx.ml',
    inputs,
    outputs,
    attributes: new Map(Object.entries(attributes).map(([key, value]) => [key, value as never])),
  });
  const strings = { type: 'strings', value: names };
  const softmax = node('Softmax', ['logits'], ['probabilities'], { axis: 1 });
  const zipMap = ml('ZipMap', ['probabilities'], ['output_probability'], { classlabels_strings: strings });
  const best = node('ArgMax', ['probabilities'], ['index'], { axis: 1, keepdims: 0 });
  const encoder = ml('LabelEncoder', ['index'], ['output_label'], {
    keys_int64s: { type: 'ints', value: [0, 1, 2, 3, 4] },
    values_strings: strings,
  });
  const written = (nodes: readonly Node[], outputs: ModelSpec['outputs']) =>
    model({
      inputs: { x: ['n', 3, 8, 8] },
      nodes: [conv, ...head('c'), ...nodes],
      initializers: { w: weights([4, 3, 3, 3]), fc: weights([4, 5]) },
      outputs,
      domains: { 'ai.onnx.ml': 2 },
    });

  test.each<[string, readonly Node[], ModelSpec['outputs']]>([
    ['ZipMap', [softmax, zipMap], { output_probability: {} }],
    [
      'a label and ZipMap',
      [softmax, best, encoder, zipMap],
      { output_label: { dtype: 'string' }, output_probability: {} },
    ],
    ['a label alone', [softmax, best, encoder], { output_label: { dtype: 'string' } }],
    [
      'the scores and a label',
      [softmax, best, encoder],
      { output_label: { dtype: 'string' }, probabilities: ['n', 5] },
    ],
  ])(
    '%s: the tensor before is the score, its labels are the labels, and the model runs',
    async (_, nodes, outputs) => {
      const bytes = written(nodes, outputs);
      const found = scoresOf(parseModel(bytes, 'm.onnx'));
      expect(found).toMatchObject({
        output: 'probabilities',
        logits: 'logits',
        labels: names,
        activation: 'none',
      });
      for (const runtime of ['node', 'web'] as const) {
        const explainer = await createExplainer(bytes, { methods: [gradCam], backend: 'wasm', runtime });
        const [{ target }] = await explainer.explain([image(1)], { target: 'owl' });
        expect(target).toMatchObject({ index: 2, label: 'owl' });
        await explainer.dispose();
      }
    },
  );

  test('the output keeps its name, and can be asked for by it', async () => {
    const bytes = written([softmax, best, encoder, zipMap], {
      output_label: { dtype: 'string' },
      output_probability: {},
    });
    for (const output of [undefined, 'output_probability', 'output_label']) {
      const explainer = await createExplainer(bytes, { methods: [gradCam], backend: 'wasm', output });
      expect(explainer.scores).toMatchObject({
        graphOutput: output ?? 'output_label',
        output: 'probabilities',
      });
      expect(explainer.labels).toEqual(names);
      await explainer.dispose();
    }
  });

  test('what makes labels is not run', () => {
    const { graph, opsets } = readNetwork(
      {
        bytes: written([softmax, best, encoder, zipMap], {
          output_label: { dtype: 'string' },
          output_probability: {},
        }),
      },
      [],
      {},
    ).model;
    expect(graph.outputs.map(({ name }) => name)).toEqual(['probabilities']);
    expect(graph.nodes.at(-1)?.opType).toBe('Softmax');
    expect([...opsets.keys()]).toEqual(['']);
  });
});
