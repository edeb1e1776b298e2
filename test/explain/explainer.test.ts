import { describe, expect, test } from 'vitest';
import { createExplainer, meanActivation, miCam } from '../../src/index.js';

import { backends, open } from '../backends.js';
import { expectClose } from '../close.js';
import { node, weights } from '../onnx/build.js';
import { random } from '../random.js';
import { classifier, image, rejection, SIZE } from './classifier.js';

const methods = [miCam(), meanActivation];

describe.each(backends)('the explainer on %s', (backend) => {
  test('a batch of 5 gives what 5 batches of 1 give, bit for bit', async ({ skip }) => {
    await open(backend, skip);
    const explainer = await createExplainer(classifier(), { backend, methods });
    const images = [1, 2, 3, 4, 5].map((seed) => image(seed));
    const together = await explainer.explain(images, { batch: 5 });
    const alone = await explainer.explain(images, { batch: 1 });
    expect(together.map((e) => e.maps['mi-cam'].saliency)).toEqual(
      alone.map((e) => e.maps['mi-cam'].saliency),
    );
    expect(together.map((e) => e.maps['mi-cam'].weights)).toEqual(alone.map((e) => e.maps['mi-cam'].weights));
    expect(together.map((e) => e.image)).toEqual([0, 1, 2, 3, 4]);
    await explainer.dispose();
  });

  test('two layers with equal maps give the map of one', async ({ skip }) => {
    await open(backend, skip);
    const bytes = classifier({
      nodes: [
        node('Conv', ['x', 'w'], ['c'], { pads: [1, 1, 1, 1] }),
        node('Relu', ['c'], ['a']),
        node('Identity', ['a'], ['b']),
        node('GlobalAveragePool', ['b'], ['g']),
        node('Flatten', ['g'], ['f']),
        node('Gemm', ['f', 'fc'], ['logits']),
      ],
    });
    const both = await createExplainer(bytes, { backend, methods, layers: ['a', 'b'] });
    const one = await createExplainer(bytes, { backend, methods, layers: ['a'] });
    const [fused] = await both.explain([image(1)]);
    const [single] = await one.explain([image(1)]);
    expectClose(fused.maps['mi-cam'].saliency, single.maps['mi-cam'].saliency, [SIZE, SIZE], 1e-6);
    expect(fused.maps['mi-cam'].layers.map(({ layer }) => layer)).toEqual(['a', 'b']);
    await both.dispose();
    await one.dispose();
  });

  test('an image with NaN among good ones is named, the others are explained', async ({ skip }) => {
    await open(backend, skip);
    const explainer = await createExplainer(classifier(), { backend, methods });
    const bad = image(2);
    bad.data[SIZE * SIZE + 2 * SIZE + 3] = Number.NaN;
    const errors: [number, string][] = [];
    const done = await explainer.explain([image(1), bad, image(3)], {
      onError: (error, at) => errors.push([at, error.message]),
    });
    expect(done.map((e) => e.image)).toEqual([0, 2]);
    expect(errors).toEqual([[1, 'tensor: 1 of 192 values are not finite, first at [1, 2, 3] (NaN).']]);
    expect(await rejection(explainer.explain([bad]))).toEqual(['input', errors[0][1]]);
    await explainer.dispose();
  });

  test('activations that overflow for one image of a batch spare the others', async ({ skip }) => {
    await open(backend, skip);
    // exp(100 · x) overflows float32 from x = 0.888 on.
    const bytes = classifier({
      nodes: [
        node('Mul', ['x', 'hundred'], ['h']),
        node('Exp', ['h'], ['a']),
        node('GlobalAveragePool', ['a'], ['g']),
        node('Flatten', ['g'], ['f']),
        node('Gemm', ['f', 'fc'], ['logits']),
      ],
      initializers: { hundred: { dims: [], values: Float32Array.of(100) }, fc: weights([3, 5]) },
    });
    const explainer = await createExplainer(bytes, { backend, methods: [meanActivation], layers: ['a'] });
    const calm = { data: random(192, 1).map((x) => x / 2), shape: [3, SIZE, SIZE] };
    const hot = { data: calm.data.slice(), shape: calm.shape };
    hot.data[130] = 1;
    const errors: [number, string][] = [];
    const done = await explainer.explain([calm, hot, calm], {
      onError: (error, at) => errors.push([at, error.message]),
    });
    expect(done.map((e) => e.image)).toEqual([0, 2]);
    expect(errors).toEqual([
      [1, 'layer "a": 1 of 192 values are not finite, first at [2, 0, 2] (Infinity).'],
    ]);
    await explainer.dispose();
  });

  test('a signed layer gives an all-zero map and says why, naming a ReLU to try', async ({ skip }) => {
    await open(backend, skip);
    const bytes = classifier({
      nodes: [
        node('Conv', ['x', 'w'], ['c'], { pads: [1, 1, 1, 1] }),
        node('Relu', ['c'], ['a']),
        node('Neg', ['a'], ['negative']),
        node('GlobalAveragePool', ['negative'], ['g']),
        node('Flatten', ['g'], ['f']),
        node('Gemm', ['f', 'fc'], ['logits']),
      ],
    });
    const explainer = await createExplainer(bytes, {
      backend,
      methods: [meanActivation],
      layers: ['negative'],
    });
    const [{ maps }] = await explainer.explain([image(1)]);
    expect(maps['mean-activation'].saliency).toEqual(new Float32Array(SIZE * SIZE));
    expect(maps['mean-activation'].diagnostics).toEqual([
      'layer "negative": the map is flat: nothing is left after ReLU, since all 64 values are ≤ 0. Try layer "a".',
    ]);
    await explainer.dispose();
  });
});

test('free input sizes: images of several sizes in one call, each in its own size', async () => {
  const explainer = await createExplainer(classifier({ inputs: { x: ['n', 3, 'h', 'w'] } }), {
    backend: 'wasm',
    methods,
  });
  const sizes = [8, 8, 12, 9];
  const done = await explainer.explain(sizes.map((size) => image(size, size)));
  expect(done.map(({ maps }) => maps['mi-cam'].shape)).toEqual(sizes.map((size) => [size, size]));
  await explainer.dispose();
});

test('a tensor that does not fit the model is named with both shapes', async () => {
  const explainer = await createExplainer(classifier(), { backend: 'wasm', methods });
  expect(await rejection(explainer.explain([image(1, 9)]))).toEqual([
    'input',
    'tensor: expected [3, 8, 8] (what the model takes), got [3, 9, 9] with 243 values.',
  ]);
  await explainer.dispose();
});

test('fixed batch size 1, float16 and uint8 models give the maps of the plain one', async () => {
  const plain = await createExplainer(classifier(), { backend: 'wasm', methods });
  const pixels = new Uint8ClampedArray(SIZE * SIZE * 4).map((_, i) => (i % 4 === 3 ? 255 : (i * 37) % 256));
  const picture = { data: pixels, width: SIZE, height: SIZE };
  const raw = { size: [SIZE, SIZE], resize: 'exact', interpolation: 'bilinear', channels: 'RGB' } as const;
  const preprocessing = { ...raw, scale: 1, mean: [0, 0, 0], std: [1, 1, 1] };
  const want = await (
    await createExplainer(classifier(), { backend: 'wasm', methods, preprocessing })
  ).explain([picture, picture]);

  const cast = (to: number, input: 'uint8' | 'float16', shape: readonly (number | string)[]) =>
    classifier({
      inputs: { raw: { dtype: input, shape } },
      nodes: [
        node('Cast', ['raw'], ['x'], { to }),
        node('Conv', ['x', 'w'], ['c'], { pads: [1, 1, 1, 1] }),
        node('Relu', ['c'], ['a']),
        node('GlobalAveragePool', ['a'], ['g']),
        node('Flatten', ['g'], ['f']),
        node('Gemm', ['f', 'fc'], ['logits']),
      ],
    });
  const FLOAT = 1;
  for (const bytes of [
    classifier({ inputs: { x: [1, 3, SIZE, SIZE] } }),
    cast(FLOAT, 'uint8', ['n', 3, SIZE, SIZE]),
    cast(FLOAT, 'float16', ['n', 3, SIZE, SIZE]), // whole numbers to 255 are exact in float16
    cast(FLOAT, 'uint8', [1, 3, SIZE, SIZE]),
  ]) {
    const explainer = await createExplainer(bytes, { backend: 'wasm', methods, preprocessing });
    const got = await explainer.explain([picture, picture]);
    for (const [i, { maps }] of got.entries())
      expectClose(maps['mi-cam'].saliency, want[i].maps['mi-cam'].saliency, [SIZE, SIZE], 1e-6);
    await explainer.dispose();
  }
  await plain.dispose();
});

test('models that cannot be explained say why', async () => {
  const two = classifier({ inputs: { x: ['n', 3, SIZE, SIZE], y: ['n', 5] } });
  expect((await rejection(createExplainer(two, { backend: 'wasm' })))[0]).toBe('model');
  expect((await rejection(createExplainer(classifier(), { layers: ['conv'] })))[0]).toBe('layer');
  expect((await rejection(createExplainer(classifier(), { layers: ['f'] })))[0]).toBe('layer');
  expect((await rejection(createExplainer(new Uint8Array([1, 2, 3]), {})))[0]).toBe('model');
});

test('a custom session factory replaces ONNX Runtime', async () => {
  const { InferenceSession } = await import('onnxruntime-node');
  const explainer = await createExplainer(classifier(), {
    backend: 'wasm',
    methods,
    sessionFactory: InferenceSession,
  });
  expect(explainer.runtime).toBe('session factory');
  expect(await explainer.explain([image(1)])).toHaveLength(1);
  await explainer.dispose();
});
