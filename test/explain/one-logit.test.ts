import { describe, expect, test } from 'vitest';
import {
  ablationCam,
  cam,
  type ExplainerOptions,
  gradCam,
  hiresCam,
  infoCam,
  infoCamPlus,
  meanActivation,
  methods,
  reciproCam,
  scoreCam,
} from '../../src/index.js';
import { classifyTail, type Dim, parseModel } from '../../src/onnx/index.js';
import { caseBytes, explaining, pictures } from '../cases/case.js';
import { expectClose } from '../close.js';
import { node, weights } from '../onnx/build.js';
import { rejection } from './classifier.js';
import { explain, negated, withColumns } from './scoring.js';
import { image, linear, nonLinear, SIZE } from './small-models.js';

describe('one logit: class 1 is the positive one, class 0 its complement', () => {
  const chances = [
    [0.794, 0.206],
    [0.704, 0.296],
  ];

  test.each(['model', 'with-sigmoid'])(
    '%s: probabilities by the sigmoid, the more probable is predicted',
    async (name) => {
      const found = await explain(`binary-single-logit/${name}.onnx`, [meanActivation]);
      found.forEach(({ target, probabilities, scores }, n) => {
        expect([...probabilities].map((p) => Number(p.toFixed(3)))).toEqual(chances[n]);
        expect(probabilities[0] + probabilities[1]).toBeCloseTo(1, 6);
        expect(target.index).toBe(0);
        expect(target.score).toBe(probabilities[0]);
        expect(scores).toHaveLength(2);
      });
    },
  );

  test('with and without its Sigmoid a model gets the same maps and weights', async () => {
    const asked = [scoreCam(), gradCam, ablationCam, cam];
    const target = [0, 1];
    const [plain, ended] = await Promise.all(
      ['model', 'with-sigmoid'].map((name) => explain(`binary-single-logit/${name}.onnx`, asked, {}, target)),
    );
    plain.forEach(({ maps }, at) => {
      for (const { name } of asked) {
        expectClose(maps[name].raw.data, ended[at].maps[name].raw.data, [8, 8], 1e-6);
        expectClose(maps[name].weights ?? [], ended[at].maps[name].weights ?? [], [8], 1e-6);
      }
      const { weights: shares } = maps['score-cam'];
      expect(shares?.every((share) => share >= 0 && share < 0.999)).toBe(true);
    });
  });

  test('labels of two classes fit', async () => {
    const model = caseBytes('binary-single-logit/model.onnx');
    const [picture] = await pictures();
    const ask = (target: string) =>
      explaining(model, { methods: [gradCam], labels: ['cat', 'dog'] }, (one) =>
        one.explain([picture], { target }),
      );
    const [[dog], [cat]] = [await ask('dog'), await ask('cat')];
    expect([dog.target.index, cat.target.index]).toEqual([1, 0]);
    expect(dog.target.score + cat.target.score).toBeCloseTo(1, 6);
  });

  test('one label names the positive class; a wrong number of labels is reported', async () => {
    const told: string[] = [];
    const onNotice = (notice: string) => told.push(notice);
    const model = caseBytes('binary-single-logit/model.onnx');
    const named = (labels: readonly string[]) =>
      explaining(model, { labels, onNotice }, async (one) => one.labels);
    expect(await named(['pneumonia'])).toEqual(['not pneumonia', 'pneumonia']);
    expect(told.filter((notice) => notice.includes('labels'))).toEqual([]);
    await named(['a', 'b', 'c']);
    expect(told).toContain(
      'model: labels: expected one per class (2), got 3: they may belong to another model.',
    );
  });

  const tails: readonly (readonly [string, Uint8Array, ExplainerOptions])[] = [
    ['a linear tail', linear(withColumns(1)), {}],
    ['a linear tail, by the backward graph', linear(withColumns(1)), { closedForms: false }],
    [
      'any tail',
      nonLinear({
        initializers: { fc: weights([28, 1], 6), b: weights([1], 3) },
        outputs: { logits: ['n', 1] },
      }),
      {},
    ],
    [
      'an output of unknown shape',
      linear(withColumns(1, { outputs: { logits: {} } })),
      { closedForms: false },
    ],
  ];

  test.each(tails)(
    '%s: maps of class 0 are those of class 1 with the other sign',
    async (_, model, options) => {
      const asked = [gradCam, hiresCam, ablationCam, reciproCam];
      const [zero, one] = await explain(model, asked, { layers: ['a'], ...options }, [0, 1]);
      for (const { name } of asked)
        expect(zero.maps[name].raw.data, name).toEqual(negated(one.maps[name].raw.data));
      expect(Array.from(one.maps['grad-cam'].raw.data).some((value) => value !== 0)).toBe(true);
    },
  );

  const oneEach = withColumns(1);
  const squeezed = (batch: Dim): Uint8Array => {
    const outputs = { squeezed: [batch] };
    const { nodes } = parseModel(linear(oneEach)).graph;
    const squeeze = node('Squeeze', ['logits'], ['squeezed'], { axes: [1] });
    const inputs = { x: [batch, 3, SIZE, SIZE] };
    return linear({ ...oneEach, opset: 11, inputs, outputs, nodes: [...nodes, squeeze] });
  };

  test.each([2, 3, 4, 'n', undefined])('[n] of a batch of %s pictures', async (batch) => {
    const asked = [gradCam, hiresCam, cam, ablationCam, reciproCam];
    const images = [1, 2, 3].map((seed) => image(seed));
    for (const closedForms of [true, false]) {
      const options = { methods: asked, closedForms };
      const [flat, plain] = await Promise.all(
        [squeezed(batch), linear(oneEach)].map((model) =>
          explaining(model, options, (one) => one.explain(images, { target: [0, 1] })),
        ),
      );
      flat.forEach(({ maps, probabilities }, n) => {
        expectClose(probabilities, plain[n].probabilities, [2], 1e-6);
        for (const { name } of asked)
          expectClose(maps[name].raw.data, plain[n].maps[name].raw.data, [SIZE, SIZE], 1e-5);
      });
    }
    const { classifier, signs } = classifyTail(parseModel(squeezed(batch)), 'a');
    expect([classifier?.weight, signs]).toEqual(['fc', [-1, 1]]);
  });

  test('CAM, infoCAM and infoCAM+ take W as the rows -w and w', async () => {
    const own = weights([6, 1], 2).values as Float32Array;
    const two = Float32Array.from([...own].flatMap((w) => [-w, w]));
    const bias = (weights([1], 3).values as Float32Array)[0];
    const asked = [cam, infoCam(), infoCamPlus(), scoreCam(), ablationCam, gradCam];
    const asTwo = linear({
      initializers: {
        fc: { dims: [6, 2], values: two },
        b: { dims: [2], values: Float32Array.of(-bias, bias) },
      },
      outputs: { logits: ['n', 2] },
    });
    const single = await explain(linear(withColumns(1)), asked, {}, [0, 1]);
    const double = await explain(asTwo, asked, { activation: 'sigmoid' }, [0, 1]);
    single.forEach(({ maps, probabilities }, c) => {
      expectClose(probabilities, double[c].probabilities, [2], 1e-6);
      for (const { name } of asked)
        expectClose(maps[name].raw.data, double[c].maps[name].raw.data, [8, 8], 1e-5);
    });
  });

  test('activation none: the one column is the probability of class 1', async () => {
    const bytes = caseBytes('binary-single-logit/with-sigmoid.onnx');
    const [picture] = await pictures();
    const [{ probabilities }] = await explaining(bytes, { methods: [gradCam], activation: 'none' }, (one) =>
      one.explain([picture]),
    );
    expect([...probabilities].map((p) => Number(p.toFixed(3)))).toEqual(chances[0]);
    const logit = caseBytes('binary-single-logit/model.onnx');
    const refused = explaining(logit, { methods: [gradCam], activation: 'none' }, (one) =>
      one.explain([picture]),
    );
    expect((await rejection(refused))[0]).toBe('option');
  });
});

test('methods by name serve one logit too', async () => {
  const asked = ['smooth-grad-cam++', 'integrated-grad-cam', 'eigen-grad-cam', 'xgrad-cam', 'grad-cam++'];
  const [zero, one] = await explain(
    linear(withColumns(1)),
    asked.map((name) => methods[name]()),
    {},
    [0, 1],
  );
  for (const name of ['integrated-grad-cam', 'xgrad-cam'])
    expectClose(negated(zero.maps[name].raw.data), one.maps[name].raw.data, [8, 8], 1e-6);
});
