// Questions that are not about the score of a class, against torch.autograd in float64.
import { describe, expect, test } from 'vitest';
import { createExplainer, methods } from '../../src/index.js';
import { loadModel } from '../../src/node/index.js';
import { backends, open } from '../backends.js';
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
