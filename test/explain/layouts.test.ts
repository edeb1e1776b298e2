// Layers that are not `[n, k, h, w]`: tokens and channels last, against torch.autograd in float64.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createExplainer, type Explanation, methods, type ProbingMethod } from '../../src/index.js';
import { loadModel, readNpy } from '../../src/node/index.js';
import { analyse, parseModel, writeModel } from '../../src/onnx/index.js';
import { backends, open } from '../backends.js';
import { expectClose } from '../close.js';
import { missing, referenceFolder } from '../data.js';

const names = ['vit_cls', 'vit_gap', 'swin_windows'];
/** Pictures `[n, H, W, C]`, with a Transpose in front. */
const pictures = 'keras_nhwc';
const pathOf = (name: string, file: string): string => join(referenceFolder, 'questions', name, file);
const reason = missing(join(referenceFolder, 'questions'));

interface Meta {
  readonly layer: string;
  readonly layout: 'tokens' | 'nhwc';
  readonly prefix?: number;
  readonly grid: readonly [number, number];
  readonly methods: readonly string[];
  readonly question: { readonly target: string };
}
const metaOf = (name: string): Meta => JSON.parse(readFileSync(pathOf(name, 'meta.json'), 'utf8'));

const cache = new Map<string, Promise<Explanation[]>>();

function explain(name: string, backend: 'wasm' | 'webgpu'): Promise<Explanation[]> {
  const run = async () => {
    const { layer, question, ...meta } = metaOf(name);
    const explainer = await createExplainer(await loadModel(pathOf(name, 'model.onnx'), () => []), {
      layers: [layer],
      methods: meta.methods.map((method) => methods[method]()),
      backend,
    });
    const { data, shape } = await readNpy(pathOf(name, 'input.npy'));
    const size = data.length / shape[0];
    const images = Array.from({ length: shape[0] }, (_, n) => ({
      data: data.subarray(n * size, (n + 1) * size),
      shape: shape.slice(1),
    }));
    const targets = question.target.split(',').map(Number);
    const explanations = await explainer.explain(images, { targets });
    await explainer.dispose();
    return explanations;
  };
  const key = `${name} ${backend}`;
  const found = cache.get(key) ?? run();
  cache.set(key, found);
  return found;
}

describe.skipIf(reason).each(backends)(`reference layouts on %s ${reason ?? ''}`, (backend) => {
  test.for([...names, pictures])(
    '%s: maps at the layer and saliencies within 1e-3',
    async (name, { skip }) => {
      await open(backend, skip);
      const explanations = await explain(name, backend);
      for (const method of metaOf(name).methods) {
        const coarse = await readNpy(pathOf(name, `coarse/${method}.npy`));
        const saliencies = await readNpy(pathOf(name, `maps/${method}.npy`));
        const of = explanations.map(({ maps }) => maps[method]);
        const [n, h, w] = coarse.shape;
        expect(of.map(({ raw }) => raw.shape)).toEqual(Array.from({ length: n }, () => [h, w]));
        const largest = coarse.data.reduce((a, b) => Math.max(a, Math.abs(b)), 0);
        const raw = Float32Array.from(of.flatMap((map) => [...map.raw.data]));
        expectClose(raw, coarse.data, coarse.shape, 1e-3 * largest);
        const saliency = Float32Array.from(of.flatMap((map) => [...map.saliency]));
        expectClose(saliency, saliencies.data, saliencies.shape, 1e-3);
      }
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
