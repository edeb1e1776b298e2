import { InferenceSession } from 'onnxruntime-node';
import { describe, expect, test, vi } from 'vitest';
import { calm, createExplainer, gradCam, miCam, type SessionFactory } from '../../src/index.js';
import { backends, open } from '../backends.js';
import { calmModel, image, linear, nonLinear } from './small-models.js';

describe.each(backends)('scores without methods on %s', (backend) => {
  test.for([
    ['behind a linear layer', linear(), [gradCam, miCam()]],
    ['behind a backward model', nonLinear(), [gradCam, miCam()]],
    ['of a CALM model', calmModel(), [calm()]],
  ] as const)('%s are those with them', async ([, bytes, methods], { skip }) => {
    await open(backend, skip);
    const explainer = await createExplainer(bytes, { backend, methods });
    const images = [1, 2, 3].map((seed) => image(seed));
    const whole = await explainer.explain(images, { batch: 2, target: [0, 'predicted'] });
    const alone = await explainer.explain(images, { batch: 2, target: [0, 'predicted'], methods: [] });
    const one = await explainer.explain(images[1], { methods: [] });
    await explainer.dispose();
    expect(alone).toEqual(whole.map((explanation) => ({ ...explanation, maps: {} })));
    expect(one.probabilities).toEqual(whole[2].probabilities);
  });
});

test('only the scores are read back', async () => {
  const fetched: unknown[] = [];
  const sessionFactory: SessionFactory = {
    create: async (bytes, options) => {
      const session = await InferenceSession.create(bytes, options);
      const run = vi.spyOn(session, 'run');
      fetched.push(run.mock.calls);
      return session;
    },
  };
  const explainer = await createExplainer(nonLinear(), {
    backend: 'wasm',
    methods: [gradCam],
    sessionFactory,
  });
  await explainer.explain(image(1), { methods: [] });
  await explainer.dispose();
  // The forward model and the backward one.
  expect(fetched).toEqual([[[expect.anything(), ['logits'], expect.anything()]], []]);
});

test('an explainer lists the feature maps that layers may name', async () => {
  const explainer = await createExplainer(linear(), { backend: 'wasm', methods: [gradCam] });
  const { featureMaps, layers } = explainer;
  await explainer.dispose();
  expect(featureMaps.map(({ name }) => name)).toContain(layers[0].name);
  expect(featureMaps.at(-1)?.shape.slice(1)).toEqual([6, 8, 8]);
});
