import { describe, expect, test } from 'vitest';
import { type Activation, gradCam, hiresCam, layerCam, meanActivation, scoreCam } from '../../src/index.js';
import { expected, explaining } from '../cases/case.js';
import { expectClose } from '../close.js';
import { node } from '../onnx/build.js';
import { rejection } from './classifier.js';
import { joined } from './family-run.js';
import { explain, negated } from './scoring.js';
import { behind, byValues, linear } from './small-models.js';

describe('probabilities are shown as they are', () => {
  test('[1 - p, p]: the logit behind p, and no softmax', async () => {
    const found = await explain(
      'probabilities-normalised-twice/model.onnx',
      [scoreCam(), gradCam],
      {},
      [0, 1],
    );
    const shown = found.map(({ target }) => Number((100 * target.score).toFixed(1)));
    expect(shown).toEqual([2.5, 97.5, 1.6, 98.4]);
    expect(found[0].maps['grad-cam'].raw.data).toEqual(negated(found[1].maps['grad-cam'].raw.data));
  });

  test.each(['composed', 'plain'])('%s.onnx: gradients are of the logit', async (name) => {
    const found = await explain(`probabilities-normalised-twice/${name}.onnx`, [gradCam, hiresCam, layerCam]);
    expect(found.map(({ target }) => Number((100 * target.score).toFixed(1)))).toEqual([30.5, 39.6]);
    for (const method of ['grad-cam', 'hires-cam', 'layer-cam'] as const)
      expectClose(
        joined(found.map(({ maps }) => maps[method].raw.data)),
        await expected(method),
        [2, 8, 8],
        1e-5,
      );
  });

  test('that the graph does not show are recognised by their values, in each explanation', async () => {
    const model = byValues;
    const [found] = await explain(model, [scoreCam()]);
    const [plain] = await explain(linear(), [scoreCam()]);
    expect(found.activation).toBe('none');
    expect(plain.activation).toBe('softmax');
    expectClose(found.probabilities, plain.probabilities, [5], 1e-5);
    expectClose(found.maps['score-cam'].weights ?? [], plain.maps['score-cam'].weights ?? [], [6], 1e-4);
    const [asked] = await explain(model, [meanActivation], { activation: 'softmax' });
    expect(asked.activation).toBe('softmax');
    expect(Math.max(...asked.probabilities)).toBeLessThan(Math.max(...found.probabilities));
  });

  test('scores of double precision', async () => {
    const double = behind([node('Cast', ['logits'], ['p'], { to: 11 })], 'float64');
    const [found] = await explain(double, [gradCam]);
    const [plain] = await explain(linear(), [gradCam]);
    expectClose(found.probabilities, plain.probabilities, [5], 1e-6);
    expectClose(found.maps['grad-cam'].raw.data, plain.maps['grad-cam'].raw.data, [8, 8], 1e-6);
  });

  test('a multiple of a softmax is seen in the graph', async () => {
    const model = behind([
      node('Softmax', ['logits'], ['q'], { axis: 1 }),
      node('Mul', ['q', 'hundred'], ['p']),
    ]);
    const [found] = await explain(model, [gradCam]);
    const [plain] = await explain(linear(), [gradCam]);
    expectClose(found.probabilities, plain.probabilities, [5], 1e-6);
    expectClose(found.maps['grad-cam'].raw.data, plain.maps['grad-cam'].raw.data, [8, 8], 1e-6);
  });
});

describe('activation', () => {
  test.each<[Activation, (z: number, all: Float32Array) => number]>([
    ['sigmoid', (z) => 1 / (1 + Math.exp(-z))],
    ['softmax', (z, all) => Math.exp(z) / all.reduce((sum, other) => sum + Math.exp(other), 0)],
  ])('%s makes the probabilities', async (activation, formula) => {
    const [{ scores, probabilities }] = await explain(linear(), [scoreCam()], { activation });
    expectClose(
      probabilities,
      Array.from(scores, (z) => formula(z, scores)),
      [5],
      1e-6,
    );
  });

  test('from a file yields to the graph, and is reported where it is used', async () => {
    const from = { activation: 'sigmoid', activationSource: 'config.json (problem_type)' } as const;
    const [ended] = await explain('probabilities-normalised-twice/plain.onnx', [gradCam], from);
    expect(Number((100 * ended.target.score).toFixed(1))).toBe(30.5);
    const remarks = await explaining(
      linear(),
      { ...from, methods: [gradCam] },
      async ({ scores }) => scores.remarks,
    );
    expect(remarks).toEqual([
      'probabilities are made of "logits" by sigmoid, from config.json (problem_type).',
    ]);
  });

  test('another than the graph applies is refused when the model is opened', async () => {
    const opening = explain('probabilities-normalised-twice/plain.onnx', [gradCam], {
      activation: 'sigmoid',
    });
    expect(await rejection(opening)).toEqual([
      'option',
      'activation: expected softmax (the graph ends in Softmax), got sigmoid. Leave it out.',
    ]);
  });
});
