// Small models from the field, each with its maps by torch.autograd in float64.
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { createExplainer, gradCam, hiresCam, layerCam, miCam } from '../../src/index.js';
import { loadModel, readNpy } from '../../src/node/index.js';
import { expectClose } from '../close.js';

const fileIn = (folder: string, file: string): string =>
  fileURLToPath(new URL(`../cases/${folder}/${file}`, import.meta.url));

/** Maps of all images of a case's `x.npy`, for their predicted classes, by method. */
async function mapsOf(folder: string, model: string) {
  const explainer = await createExplainer(await loadModel(fileIn(folder, model), () => []), {
    methods: [gradCam, hiresCam, layerCam],
    backend: 'wasm',
  });
  try {
    const { data, shape } = await readNpy(fileIn(folder, 'x.npy'));
    const [n, ...one] = shape;
    const size = data.length / n;
    const images = Array.from({ length: n }, (_, i) => ({
      data: data.slice(i * size, (i + 1) * size),
      shape: one,
    }));
    const found = await explainer.explain(images);
    const joined = (method: 'grad-cam' | 'hires-cam' | 'layer-cam') =>
      Float32Array.from(found.flatMap(({ maps }) => [...maps[method].raw.data]));
    return new Map(
      (['grad-cam', 'hires-cam', 'layer-cam'] as const).map((method) => [method, joined(method)]),
    );
  } finally {
    await explainer.dispose();
  }
}

describe.each([
  ['unknown-rank', 'model.onnx'],
  ['unknown-rank', 'model-with-shapes.onnx'],
  ['more-than-three-channels', 'model.onnx'],
])('%s/%s', (folder, model) => {
  test('the maps of torch.autograd', async () => {
    for (const [method, map] of await mapsOf(folder, model)) {
      const want = await readNpy(fileIn(folder, `expected.${method}.raw.npy`));
      expectClose(map, want.data, want.shape, 2e-6);
    }
  });
});

test('a layer with channels last is read as what it is', async () => {
  const explainer = await createExplainer(
    await loadModel(fileIn('channels-last-layer-by-name', 'model.onnx'), () => []),
    { methods: [gradCam, hiresCam], layers: ['/norm/Add_1_output_0'], backend: 'wasm' },
  );
  const { data, shape } = await readNpy(fileIn('channels-last-layer-by-name', 'x.npy'));
  const size = data.length / shape[0];
  const images = Array.from({ length: shape[0] }, (_, i) => ({
    data: data.slice(i * size, (i + 1) * size),
    shape: shape.slice(1),
  }));
  const found = await explainer.explain(images);
  await explainer.dispose();
  expect(explainer.layers).toEqual([{ name: '/norm/Add_1_output_0', reason: 'as asked, channels last' }]);
  for (const method of ['grad-cam', 'hires-cam'] as const) {
    const want = await readNpy(fileIn('channels-last-layer-by-name', `expected.${method}.raw.npy`));
    const map = Float32Array.from(found.flatMap(({ maps }) => [...maps[method].raw.data]));
    expectClose(map, want.data, want.shape, 2e-6);
  }
});

test.each([1, 2, 3])('a vision transformer for two pictures is given %d', async (n) => {
  const file = await loadModel(fileIn('vit-tokens', 'model.onnx'), () => []);
  const explainer = await createExplainer(file, { methods: [gradCam], backend: 'wasm' });
  const { data, shape } = await readNpy(fileIn('vit-tokens', 'x.npy'));
  const size = data.length / 2;
  const first = { data: data.slice(0, size), shape: shape.slice(1) };
  const found = await explainer.explain(Array.from({ length: n }, () => first));
  await explainer.dispose();
  const { data: want, shape: layer } = await readNpy(fileIn('vit-tokens', 'expected.grad-cam.raw.npy'));
  expect(found).toHaveLength(n);
  for (const { maps } of found)
    expectClose(maps['grad-cam'].raw.data, want.slice(0, want.length / 2), layer.slice(1), 2e-6);
});

test('a vision transformer is explained at the norm before its last attention', async () => {
  const file = await loadModel(fileIn('vit-tokens', 'model.onnx'), () => []);
  const explainer = await createExplainer(file, { methods: [gradCam], backend: 'wasm' });
  const { data, shape } = await readNpy(fileIn('vit-tokens', 'x.npy'));
  const size = data.length / shape[0];
  const images = Array.from({ length: shape[0] }, (_, i) => ({
    data: data.slice(i * size, (i + 1) * size),
    shape: shape.slice(1),
  }));
  const found = await explainer.explain(images);
  await explainer.dispose();
  expect(explainer.layers.map(({ name }) => name)).toEqual([
    '/encoder/layers/encoder_layer_1/ln_1/Add_1_output_0',
  ]);
  const want = await readNpy(fileIn('vit-tokens', 'expected.grad-cam.raw.npy'));
  const map = Float32Array.from(found.flatMap(({ maps }) => [...maps['grad-cam'].raw.data]));
  expectClose(map, want.data, want.shape, 2e-6);
});

test('an input without a shape is fed as it is', async () => {
  const maps = await mapsOf('unknown-rank', 'input-without-shape.onnx');
  // Pooling and a linear layer: the three methods agree up to the ReLU of LayerCAM's gradients.
  expectClose(maps.get('hires-cam')!, maps.get('grad-cam')!, [2, 8, 8], 1e-6);
  expect(Math.max(...maps.get('grad-cam')!.map(Math.abs))).toBeGreaterThan(0);
});

test('a model of 13 channels: MI-CAM of a tensor, and no picture', async () => {
  const explainer = await createExplainer(
    await loadModel(fileIn('more-than-three-channels', 'model.onnx'), () => []),
    { methods: [miCam()], backend: 'wasm' },
  );
  try {
    const text =
      'pictures have 1 or 3 channels (grey or colour), the model takes 13. Give tensors, .npy files of float32 [n, 13, H, W].';
    expect(explainer.pictureObstacle).toBe(text);
    const picture = { data: new Uint8Array(4 * 32 * 32), width: 32, height: 32 };
    await expect(explainer.explain([picture])).rejects.toThrow(text);
    const { data } = await readNpy(fileIn('more-than-three-channels', 'x.npy'));
    const tensor = { data: data.slice(0, 13 * 32 * 32), shape: [13, 32, 32] };
    const [{ maps }] = await explainer.explain([tensor]);
    expect(Math.max(...(maps['mi-cam'].weights ?? []))).toBeGreaterThan(0);
    const last = { data: tensor.data, shape: [32, 32, 13] };
    await expect(explainer.explain([last])).rejects.toThrow(
      /expected \[13, 32, 32\] .* The channels stand last: transpose them to the front\./,
    );
  } finally {
    await explainer.dispose();
  }
});

test('pictures [n, H, W, C] of tf2onnx: arrays in either order, and every kind of pass', async () => {
  const file = await loadModel(fileIn('channels-last-input', 'model.onnx'), () => []);
  const imagesOf = async (name: string) => {
    const { data, shape } = await readNpy(fileIn('channels-last-input', name));
    const size = data.length / shape[0];
    return Array.from({ length: shape[0] }, (_, i) => ({
      data: data.slice(i * size, (i + 1) * size),
      shape: shape.slice(1),
    }));
  };
  const [first, last] = [await imagesOf('x.npy'), await imagesOf('x-nhwc.npy')];
  const methods = ['grad-cam', 'hires-cam', 'score-cam', 'integrated-grad-cam', 'ablation-cam'] as const;
  const explainer = await createExplainer(file, { methods, closedForms: false, backend: 'wasm' });
  const found = await explainer.explain(last);
  const same = await explainer.explain(first);
  await explainer.dispose();
  expect(explainer.input.shape?.slice(1)).toEqual(first[0].shape);
  for (const method of ['grad-cam', 'hires-cam'] as const) {
    const want = await readNpy(fileIn('channels-last-input', `expected.${method}.raw.npy`));
    const map = Float32Array.from(found.flatMap(({ maps }) => [...maps[method].raw.data]));
    expectClose(map, want.data, want.shape, 2e-6);
  }
  for (const method of methods)
    expect(same.map(({ maps }) => maps[method].saliency)).toEqual(
      found.map(({ maps }) => maps[method].saliency),
    );
});
