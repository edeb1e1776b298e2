import { describe, expect, test } from 'vitest';
import { createExplainer, meanActivation } from '../../src/index.js';
import { node } from '../onnx/build.js';
import { classifier, image, rejection } from './classifier.js';

const methods = [meanActivation];

describe('targets', () => {
  const labels = ['tench, Tinca tinca', 'goldfish', 'tiger cat', 'ant', 'ox'];
  const setup = () => createExplainer(classifier(), { backend: 'wasm', methods, labels });

  test('index, label, first synonym and predicted', async () => {
    const explainer = await setup();
    const [{ scores }] = await explainer.explain([image(1)]);
    const best = scores.indexOf(Math.max(...scores));
    const targets = [3, 'GOLDFISH', 'tench', 'predicted', [0, 4]];
    const done = await explainer.explain(Array(5).fill(image(1)), { targets });
    expect(done.map(({ target }) => target.index)).toEqual([3, 1, 0, best, 0, 4]);
    expect(done[2].target.label).toBe('tench, Tinca tinca');
    const chances = await explainer.explain([image(1)], { target: [0, 1, 2, 3, 4] });
    expect(chances.reduce((sum, { target }) => sum + target.score, 0)).toBeCloseTo(1, 12);
    await explainer.dispose();
  });

  test('unknown classes', async () => {
    const explainer = await setup();
    const ask = (target: number | string) => rejection(explainer.explain([image(1)], { target }));
    expect(await ask(5)).toEqual(['target', 'target: expected a class from 0 to 4, got 5.']);
    expect(await ask('cat')).toEqual([
      'target',
      'target: no class is labelled "cat". Did you mean "tiger cat"?',
    ]);
    expect(await rejection(explainer.explain([image(1)], { targets: [1, 2] }))).toEqual([
      'option',
      'targets: expected one entry per image (1), got 2.',
    ]);
    await explainer.dispose();
  });

  test('a label of several classes: both are named; a whole label goes before first synonyms', async () => {
    // ImageNet has two cranes, the bird and the machine.
    const cranes = ['crane', 'ox', 'Crane', 'maillot, tank suit', 'maillot'];
    const explainer = await createExplainer(classifier(), { backend: 'wasm', methods, labels: cranes });
    expect(await rejection(explainer.explain([image(1)], { target: 'crane' }))).toEqual([
      'target',
      'target: expected the label of one class, got "crane", which classes 0 and 2 carry. Give the index.',
    ]);
    const [{ target }] = await explainer.explain([image(1)], { target: 'maillot' });
    expect(target.index).toBe(4);
    await explainer.dispose();
  });

  test('a label without labels', async () => {
    const explainer = await createExplainer(classifier(), { backend: 'wasm', methods });
    expect(await rejection(explainer.explain([image(1)], { target: 'cat' }))).toEqual([
      'target',
      'target: expected a class index (this model comes without labels), got "cat". Give labels, or an index from 0 to 4.',
    ]);
    await explainer.dispose();
  });

  test.each(['Softmax', 'Sigmoid', 'LogSoftmax'])(
    'the score of a graph that ends in %s is its probability',
    async (end) => {
      const nodes = [
        node('Conv', ['x', 'w'], ['c'], { pads: [1, 1, 1, 1] }),
        node('Relu', ['c'], ['a']),
        node('GlobalAveragePool', ['a'], ['g']),
        node('Flatten', ['g'], ['f']),
        node('Gemm', ['f', 'fc'], ['z']),
        node(end, ['z'], ['p']),
      ];
      const explainer = await createExplainer(classifier({ nodes, outputs: { p: ['n', 5] } }), {
        backend: 'wasm',
        methods,
      });
      const [{ target, scores }] = await explainer.explain([image(1)], { target: 2 });
      expect(target.score).toBeCloseTo(end === 'LogSoftmax' ? Math.exp(scores[2]) : scores[2], 6);
      await explainer.dispose();
    },
  );
});
