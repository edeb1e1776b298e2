// Questions that are not about the score of a class, against torch.autograd in float64.
import { describe, expect, test } from 'vitest';
import { type AnyTarget, createExplainer, methods } from '../../src/index.js';
import { loadModel, readNpy } from '../../src/node/index.js';
import { backends, open } from '../backends.js';
import { expectClose } from '../close.js';
import { answers, expectMaps, imagesOf, metaOf, pathOf, reason, targetsOf } from './questions.js';

const names = ['two_heads', 'two_pictures', 'regression', 'segmentation', 'detection_v8', 'embedding'];

describe.skipIf(reason).each(backends)(`reference questions on %s ${reason ?? ''}`, (backend) => {
  test.for(names)('%s: S, maps at the layer and saliencies within 1e-3', async (name, { skip }) => {
    await open(backend, skip);
    const explanations = await answers(name, backend);
    const { scores, best, pixels } = metaOf(name);
    explanations.forEach(({ target, scores: row }, at) => {
      const s = target.value ?? row[target.index];
      expect(s).toBeCloseTo(scores[at], Math.abs(scores[at]) > 10 ? 1 : 4);
      if (best) expect(target.index).toBe(best[at][1]);
      if (pixels) expect(target.pixels).toBe(pixels[at]);
    });
    await expectMaps(name, explanations);
  });
});

describe.skipIf(reason)('the default layer', () => {
  test.for([
    ['regression', ['target_activation']],
    ['embedding', ['target_activation']],
  ] as const)('%s: %s', async ([name, layers]) => {
    const target = (await targetsOf(name)) as string;
    const file = await loadModel(pathOf(name, 'model.onnx'), () => []);
    const explainer = await createExplainer(file, { target, backend: 'wasm', onNotice: () => {} });
    expect(explainer.layers.map(({ name }) => name)).toEqual(layers);
    await explainer.dispose();
  });

  test('of a detector: one for each scale', async () => {
    const file = await loadModel(pathOf('detection_v8', 'model.onnx'), () => []);
    const explainer = await createExplainer(file, {
      target: 'box:0',
      methods: [methods['grad-cam']()],
      backend: 'wasm',
      onNotice: () => {},
    });
    const [image] = await imagesOf('detection_v8');
    const two = await explainer.explain([image], { target: ['box:0', 'box:1'] });
    expect(explainer.layers).toHaveLength(2);
    expect(explainer.layers.map(({ reason }) => reason)[0]).toContain('of its scale');
    expect(two[0].target.name).toBe('box:0');
    expect(two[0].detections?.[1].box).toEqual(two[1].target.box);
    expect(two[0].maps['grad-cam'].layers).toHaveLength(2);
    await explainer.dispose();
  });
});

describe.skipIf(reason)('targets of your own through a graph of two outputs', () => {
  /** One number of one output. */
  const number = (output: string, j: number): AnyTarget => ({
    outputs: [output],
    evaluate: ({ [output]: { data } }) => ({
      score: data[j],
      cotangents: { [output]: data.map((_, i) => (i === j ? 1 : 0)) },
    }),
  });
  const difference: AnyTarget = {
    outputs: ['logits', 'color'],
    evaluate: ({ logits, color }) => ({
      score: logits.data[3] - 2 * color.data[1],
      cotangents: {
        logits: logits.data.map((_, i) => (i === 3 ? 1 : 0)),
        color: color.data.map((_, i) => (i === 1 ? -2 : 0)),
      },
    }),
  };

  test('their gradients add up, and each is that of its own output', async () => {
    const file = await loadModel(pathOf('two_heads', 'model.onnx'), () => []);
    const options = { backend: 'wasm', methods: ['hires-cam'], layers: ['target_activation'] } as const;
    const target = [number('color', 1), number('logits', 3), difference];
    const own = await createExplainer(file, { ...options, target, onNotice: () => {} });
    const [image] = await imagesOf('two_heads');
    const [color, logit, both] = await own.explain([image]);
    await own.dispose();
    const classes = await createExplainer(file, { ...options, output: 'logits', onNotice: () => {} });
    const asClass = await classes.explain(image, { target: 3 });
    await classes.dispose();
    const raw = [color, logit, both, asClass].map(({ maps }) => maps['hires-cam'].raw.data);
    const largest = raw[2].reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    raw[0].forEach((value, i) => {
      expect(Math.abs(raw[1][i] - raw[3][i])).toBeLessThan(1e-5 * largest);
      expect(Math.abs(raw[2][i] - (raw[1][i] - 2 * value))).toBeLessThan(1e-5 * largest);
    });
    expect(both.target.value).toBeCloseTo((logit.target.value ?? 0) - 2 * (color.target.value ?? 0), 5);
  });

  test('of a model with further inputs', async () => {
    const file = await loadModel(pathOf('two_pictures', 'model.onnx'), () => []);
    const inputs = { depth: await readNpy(pathOf('two_pictures', 'input.depth.npy')) };
    const options = { backend: 'wasm', methods: ['hires-cam'], inputs, onNotice: () => {} } as const;
    const [image] = await imagesOf('two_pictures');
    const own = await createExplainer(file, { ...options, target: number('logits', 9) });
    const value = await own.explain(image);
    await own.dispose();
    const classes = await createExplainer(file, options);
    const asClass = await classes.explain(image, { target: 9 });
    await classes.dispose();
    expect(value.target.value).toBeCloseTo(asClass.scores[9], 5);
    const [a, b] = [value, asClass].map(({ maps }) => maps['hires-cam'].saliency);
    expectClose(a, b, [a.length], 1e-5);
  });
});
