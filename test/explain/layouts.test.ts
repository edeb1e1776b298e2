// Layers that are not `[n, k, h, w]`: tokens and channels last, against torch.autograd in float64.
import { describe, expect, test } from 'vitest';
import { createExplainer, methods, type ProbingMethod } from '../../src/index.js';
import { loadModel, readNpy } from '../../src/node/index.js';
import { analyse, parseModel, writeModel } from '../../src/onnx/index.js';
import { backends, open } from '../backends.js';
import { expectClose } from '../close.js';
import { integers, model, node } from '../onnx/build.js';
import { answers, expectMaps, metaOf, pathOf, reason } from './questions.js';

const names = ['vit_cls', 'vit_gap', 'swin_windows'];
/** Pictures `[n, H, W, C]`, with a Transpose in front. */
const pictures = 'keras_nhwc';

describe.skipIf(reason).each(backends)(`reference layouts on %s ${reason ?? ''}`, (backend) => {
  test.for([...names, pictures])(
    '%s: maps at the layer and saliencies within 1e-3',
    async (name, { skip }) => {
      await open(backend, skip);
      await expectMaps(name, await answers(name, backend));
    },
  );
});

describe.skipIf(reason)(`the layout of a layer ${reason ?? ''}`, () => {
  test.for(names)('%s', async (name) => {
    const { layer, layout, prefix, grid } = metaOf(name);
    const file = await loadModel(pathOf(name, 'model.onnx'), () => []);
    const found = analyse(parseModel(file.bytes, name)).featureMap(layer).layout;
    expect(found).toEqual(layout === 'tokens' ? { kind: layout, grid, prefix } : { kind: layout });
  });

  test('tokens that are no grid are refused by name', async () => {
    const file = await loadModel(pathOf('vit_cls', 'model.onnx'), () => []);
    const network = analyse(parseModel(file.bytes, 'vit'));
    expect(() => network.featureMap('/m/Reshape_output_0')).toThrow(
      /tokens \[n, prefix \+ h·w, K\] of a known grid/,
    );
  });
});

// Layers that the scores depend on alone: what goes around a block's norm would be missing.
test.skipIf(reason).for([
  ['vit_cls', '/m/blocks/blocks.0/Add_1_output_0'],
  ['vit_gap', 'target_activation'],
  ['swin_windows', '/m/body/body.2/Add_1_output_0'],
] as const)('%s: passes of the tail start from the layer as it was', async ([name, layer]) => {
  const unchanged: Float64Array[] = [];
  const method: ProbingMethod = {
    name: 'unchanged',
    needs: ['activations', 'tail'],
    classAgnostic: false,
    async probe(_, probe) {
      for (const image of probe.images) unchanged.push(await probe.tail(image, 1, () => {}));
      const [n, , h, w] = probe.activations.shape;
      return { map: new Float32Array(n * h * w) };
    },
  };
  const options = { layers: [layer], backend: 'wasm', methods: [method] } as const;
  const explainer = await createExplainer(await loadModel(pathOf(name, 'model.onnx'), () => []), options);
  const { data, shape } = await readNpy(pathOf(name, 'input.npy'));
  const one = { data: data.subarray(0, data.length / shape[0]), shape: shape.slice(1) };
  const { scores, target } = await explainer.explain(one);
  await explainer.dispose();
  expect(unchanged[0][0]).toBeCloseTo(scores[target.index], 4);
});

test.skipIf(reason)('a picture of free size: the grid is found, and scales with the picture', async () => {
  const file = await loadModel(pathOf('vit_gap', 'model.onnx'), () => []);
  const model = parseModel(file.bytes, 'vit_gap');
  const [input] = model.graph.inputs;
  const free = { ...input, shape: ['n', 3, 'height', 'width'] };
  const { irVersion, opsets, functions } = model;
  const graph = { ...model.graph, inputs: [free], valueInfo: new Map() };
  const bytes = writeModel({ irVersion, opsets, functions, graph });
  const explainer = await createExplainer(bytes, {
    methods: [methods['grad-cam']()],
    layers: ['target_activation'],
    backend: 'wasm',
  });
  const { data, shape } = await readNpy(pathOf('vit_gap', 'input.npy'));
  const one = { data: data.subarray(0, data.length / shape[0]), shape: shape.slice(1) };
  const { maps } = await explainer.explain(one, { target: 6 });
  await explainer.dispose();
  const coarse = await readNpy(pathOf('vit_gap', 'coarse/grad-cam.npy'));
  expect(maps['grad-cam'].raw.shape).toEqual([8, 8]);
  const want = coarse.data.subarray(0, 64);
  const largest = want.reduce((a, b) => Math.max(a, Math.abs(b)), 0);
  expectClose(maps['grad-cam'].raw.data, want, [1, 8, 8], 1e-3 * largest);
});

test('a picture that is not square, of as many positions as the usual one: its own grid', async () => {
  const stride = 16;
  const bytes = model({
    inputs: { x: ['n', 3, 'h', 'w'] },
    nodes: [
      node('Conv', ['x', 'patches'], ['c'], { strides: [stride, stride] }),
      node('Reshape', ['c', 'flat'], ['rows']),
      node('Transpose', ['rows'], ['columns'], { perm: [0, 2, 1] }),
      node('Add', ['columns', 'columns'], ['layer']),
      node('ReduceMean', ['layer'], ['m'], { axes: [1], keepdims: 0 }),
      node('Gemm', ['m', 'fc'], ['logits']),
    ],
    initializers: {
      patches: { dims: [1, 3, stride, stride], values: new Float32Array(3 * stride * stride).fill(1) },
      flat: integers(0, 1, -1),
      fc: { dims: [1, 2], values: Float32Array.of(1, -1) },
    },
    outputs: { logits: ['n', 2] },
  });
  const options = { layers: ['layer'], methods: ['mean-activation', 'grad-cam', 'recipro-cam'] } as const;
  const explainer = await createExplainer(bytes, { ...options, backend: 'wasm' });
  // 14 · 14 = 7 · 28 positions; the patch in row 2, column 20 is bright.
  const [H, W] = [7 * stride, 28 * stride];
  const data = Float32Array.from({ length: 3 * H * W }, (_, p) => {
    const [y, x] = [Math.floor((p % (H * W)) / W), p % W];
    return Math.floor(y / stride) === 2 && Math.floor(x / stride) === 20 ? 1 : 0;
  });
  const { maps } = await explainer.explain({ data, shape: [3, H, W] }, { target: 0 });
  await explainer.dispose();
  for (const { raw } of Object.values(maps)) {
    expect(raw.shape).toEqual([7, 28]);
    expect(raw.data.indexOf(Math.max(...raw.data))).toBe(2 * 28 + 20);
  }
});
