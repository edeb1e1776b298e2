// Models with several inputs: one is the picture, the others are given values.
import { describe, expect, test } from 'vitest';
import { createExplainer, type ExplainerOptions, methods } from '../../src/index.js';
import { loadModel, readNpy } from '../../src/node/index.js';
import { imagesOf, pathOf, reason } from './questions.js';

const name = 'two_pictures';
const fileOf = () => loadModel(pathOf(name, 'model.onnx'), () => []);
const depthOf = () => readNpy(pathOf(name, 'input.depth.npy'));

async function opened(options: Partial<ExplainerOptions> = {}) {
  return createExplainer(await fileOf(), {
    backend: 'wasm',
    layers: ['target_activation'],
    methods: [methods['grad-cam'](), methods['score-cam'](), methods['smooth-grad-cam++']()],
    inputs: { depth: await depthOf() },
    onNotice: () => {},
    ...options,
  });
}

describe.skipIf(reason)('further inputs', () => {
  test('a row for each picture, whatever the batch', async () => {
    const explainer = await opened();
    const images = await imagesOf(name);
    const together = await explainer.explain(images, { batch: 3 });
    const apart = await explainer.explain(images, { batch: 1 });
    const last = await explainer.explain(images[2], { rows: [2] });
    await explainer.dispose();
    apart.push(last);
    for (const [at, one] of apart.entries()) {
      const same = together[Math.min(at, 2)];
      expect(one.scores).toEqual(same.scores);
      for (const [method, map] of Object.entries(one.maps))
        map.saliency.forEach((value, i) => {
          expect(value).toBeCloseTo(same.maps[method].saliency[i], 4);
        });
    }
  });

  test('one row for all pictures', async () => {
    const { data, shape } = await depthOf();
    const one = { data: data.subarray(0, data.length / shape[0]), shape: [1, ...shape.slice(1)] };
    const [all, shared] = [await opened(), await opened({ inputs: { depth: one } })];
    const images = await imagesOf(name);
    const [first] = await all.explain(images, { methods: [] });
    const of = await shared.explain([images[0], images[0]], { methods: [] });
    expect(of.map(({ scores }) => scores)).toEqual([first.scores, first.scores]);
    await all.dispose();
    await shared.dispose();
  });

  test('a picture without a row fails by name, the others are done', async () => {
    const { data, shape } = await depthOf();
    const two = { data: data.subarray(0, (2 * data.length) / shape[0]), shape: [2, ...shape.slice(1)] };
    const explainer = await opened({ inputs: { depth: two } });
    const failed: string[] = [];
    const found = await explainer.explain(await imagesOf(name), {
      methods: [],
      onError: (error, image) => failed.push(`${image}: ${error.message}`),
    });
    expect(found.map(({ image }) => image)).toEqual([0, 1]);
    expect(failed).toEqual([
      '2: input "depth": expected a row for picture 2, got 2 rows. Give one row per picture, or one for all.',
    ]);
    await explainer.dispose();
  });

  test('the picture is named where several fit', async () => {
    const { data, shape } = await depthOf();
    const explainer = await opened({
      picture: 'depth',
      inputs: { rgb: await readNpy(pathOf(name, 'input.npy')) },
      layers: undefined,
    });
    expect(explainer.input.name).toBe('depth');
    const one = { data: data.subarray(0, data.length / shape[0]), shape: shape.slice(1) };
    const { scores } = await explainer.explain(one, { methods: [] });
    const usual = await opened();
    const [image] = await imagesOf(name);
    expect(scores).toEqual((await usual.explain(image, { methods: [] })).scores);
    await usual.dispose();
    await explainer.dispose();
  });

  test.each<[string, Partial<ExplainerOptions>, string]>([
    ['several pictures', { inputs: undefined }, 'expected one input that can be the picture, got 2: "rgb"'],
    [
      'none for another',
      { inputs: undefined, picture: 'rgb' },
      'Give the others values by "inputs" (--input depth=FILE)',
    ],
    [
      'an unknown name',
      { inputs: { dept: { data: new Float32Array(1), shape: [1] } } },
      'has no such input. It has "depth"',
    ],
    [
      'another shape',
      { inputs: { depth: { data: new Float32Array(4), shape: [1, 1, 2, 2] } } },
      'got [1, 1, 2, 2] with 4 values',
    ],
    ['a path', { inputs: { depth: 'depth.npy' } }, 'inputs: depth: expected { data, shape }'],
  ])('refused: %s', async (_, options, text) => {
    const refused = await opened(options).catch((error: Error) => error.message);
    expect(refused).toContain(text);
  });
});
