import { describe, expect, test } from 'vitest';
import { cam, createExplainer, gradCam, hiresCam, meanActivation, scoreCam } from '../../src/index.js';
import { similarLabels } from '../../src/targets/similar-labels.js';
import { backends, open } from '../backends.js';
import { expectClose } from '../close.js';
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

  test('top3: the most probable classes, highest first, also of one image; of fewer classes all', async () => {
    const explainer = await setup();
    const [{ scores }] = await explainer.explain([image(1)]);
    const order = [0, 1, 2, 3, 4].sort((a, b) => scores[b] - scores[a]);
    const indices = (found: readonly { target: { index: number } }[]) =>
      found.map(({ target }) => target.index);
    expect(indices(await explainer.explain(image(1), { target: 'top3' }))).toEqual(order.slice(0, 3));
    expect(indices(await explainer.explain(image(1), { target: 'top1' }))).toEqual(order.slice(0, 1));
    expect(indices(await explainer.explain([image(1)], { target: ['top9', 2] }))).toEqual([...order, 2]);
    expect(await rejection(explainer.explain(image(1), { target: 'top0' }))).toEqual([
      'target',
      'target: no class is labelled "top0".',
    ]);
    await explainer.dispose();
  });

  test.for([
    // Whole words first, in class order; parts of words where there are none; else what is spelt nearly so.
    ['cat', ['cattle', 'tiger cat', 'catamaran', 'Persian cat'], ['tiger cat', 'Persian cat']],
    ['cat persian', ['tiger cat', 'Persian cat'], ['Persian cat']],
    ['cata', ['catamaran', 'cat'], ['catamaran']],
    ['caat', ['trench coat', 'tiger cat', 'boat', 'ox'], ['tiger cat', 'trench coat', 'boat']],
    ['goldfsh', ['tench', 'goldfish, Carassius auratus'], ['goldfish, Carassius auratus']],
    ['zebra crossing', ['tench', 'goldfish'], []],
    ['!', ['!', 'tench'], []],
  ] as const)('"%s" may mean', ([wanted, known, expected]) => {
    expect(similarLabels(wanted, known)).toEqual(expected);
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

  test('a label of several classes: both are named; a complete label comes before first synonyms', async () => {
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
      'target: expected a class index (this model has no labels), got "cat". Give labels, or an index from 0 to 4.',
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

describe('weights of the classes', () => {
  // The closed form and the backward graph take the same cotangent by different ways.
  const cases = backends.flatMap((backend) => [true, false].map((closed) => [backend, closed] as const));
  test.for(cases)(
    'on %s, closed form %s: gradients are linear in them',
    async ([backend, closedForms], { skip }) => {
      await open(backend, skip);
      const explainer = await createExplainer(classifier(), {
        backend,
        methods: [hiresCam, gradCam],
        closedForms,
      });
      const weights = [0, 2, 0, -0.5, 0]; // a contrast, unevenly
      const [one, other, both] = await explainer.explain([image(1)], { target: [1, 3, { weights }] });
      const { target } = both;
      expect([target.index, target.weights, target.score]).toEqual([
        1,
        Float32Array.from(weights),
        one.target.score,
      ]);
      for (const name of ['hires-cam', 'grad-cam'] as const) {
        const [a, b, got] = [one, other, both].map(({ maps }) => maps[name].raw);
        const want = a.data.map((value, p) => 2 * value - 0.5 * b.data[p]);
        expectClose(got.data, want, got.shape, 1e-5);
      }
      await explainer.dispose();
    },
  );

  test('with probabilities as scores, all classes together have no gradient', async () => {
    const bytes = classifier({
      nodes: [
        node('Conv', ['x', 'w'], ['c'], { pads: [1, 1, 1, 1] }),
        node('Relu', ['c'], ['a']),
        node('GlobalAveragePool', ['a'], ['g']),
        node('Flatten', ['g'], ['f']),
        node('Gemm', ['f', 'fc'], ['z']),
        node('Softmax', ['z'], ['logits']),
      ],
    });
    const options = { backend: 'wasm', methods: [gradCam], score: 'probability' } as const;
    const explainer = await createExplainer(bytes, options);
    const [one, all] = await explainer.explain([image(1)], { target: [0, { weights: Array(5).fill(1) }] });
    const largest = (values: Float32Array) => Math.max(...values.map(Math.abs));
    const own = largest(one.maps['grad-cam'].raw.data);
    expect(largest(all.maps['grad-cam'].raw.data)).toBeLessThan(1e-5 * own);
    await explainer.dispose();
  });

  test('augmented, two sets of weights with the same largest class stay separate', async () => {
    const explainer = await createExplainer(classifier(), { backend: 'wasm', methods: [gradCam] });
    const target = [{ weights: [1, 0, 0, 0, 0] }, { weights: [1, 0, 0, -1, 0] }];
    const [one, two] = await explainer.explain([image(1)], { target, augment: true });
    const [plain, contrast] = await explainer.explain([image(1)], { target });
    expect(one.maps['grad-cam'].weights).not.toEqual(two.maps['grad-cam'].weights);
    // Gradients of a linear tail are the same for every version of a picture.
    expectClose(one.maps['grad-cam'].weights!, plain.maps['grad-cam'].weights!, [6], 1e-6);
    expectClose(two.maps['grad-cam'].weights!, contrast.maps['grad-cam'].weights!, [6], 1e-6);
    await explainer.dispose();
  });

  test('are refused where they do not fit, or where a method explains single classes', async () => {
    const explainer = await createExplainer(classifier(), { backend: 'wasm', methods: [gradCam] });
    const ask = (weights: number[]) => rejection(explainer.explain([image(1)], { target: { weights } }));
    expect(await ask([1, 2])).toEqual(['target', 'target: expected 5 finite weights, one per class, got 2.']);
    expect(await ask([1, 0, Number.NaN, 0, 0])).toEqual([
      'target',
      'target: expected 5 finite weights, one per class, got NaN for class 2.',
    ]);
    await explainer.dispose();
    for (const method of [cam, scoreCam()]) {
      const other = await createExplainer(classifier(), { backend: 'wasm', methods: [gradCam, method] });
      const target = { weights: [1, 0, 0, 0, -1] };
      expect(await rejection(other.explain([image(1)], { target }))).toEqual([
        'target',
        `target: expected a class (${method.name} explains one at a time), got weights of all. Ask for methods that take gradients, or for a class.`,
      ]);
      await other.dispose();
    }
  });

  test('a sum of classes is the same as their weights, also augmented and beside others', async () => {
    const explainer = await createExplainer(classifier(), { backend: 'wasm', methods: [gradCam] });
    const sum = [
      { weight: 2, target: 1 },
      { weight: -1, target: 'predicted' },
    ];
    const [{ target }] = await explainer.explain([image(1)]);
    const weights = [0, 0, 0, 0, 0];
    weights[1] += 2;
    weights[target.index] -= 1;
    for (const augment of [false, true]) {
      const found = await explainer.explain([image(1)], { target: ['top2', { sum }, { weights }], augment });
      expect(found).toHaveLength(4);
      const [, , summed, weighted] = found.map(({ maps }) => maps['grad-cam'].raw.data);
      expectClose(summed, weighted, [summed.length], 1e-6);
    }
    await explainer.dispose();
    const other = await createExplainer(classifier(), { backend: 'wasm', methods: [gradCam, cam] });
    const refused = await rejection(other.explain([image(1)], { target: { sum } }));
    expect(refused[1]).toContain('cam explains one at a time');
    await other.dispose();
  });

  test('a method that ignores the class accepts them', async () => {
    const explainer = await createExplainer(classifier(), { backend: 'wasm', methods });
    const [plain, weighted] = await explainer.explain([image(1)], {
      target: [0, { weights: [1, 1, 0, 0, 0] }],
    });
    expect(weighted.maps['mean-activation'].saliency).toEqual(plain.maps['mean-activation'].saliency);
    await explainer.dispose();
  });
});
