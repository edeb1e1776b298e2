// The model on ONNX Runtime's WebGPU provider, sharing one device with the kernels: activations and gradients
// stay there.
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { type AnyMethod, createExplainer, gradCam, hiresCam, miCam, scoreCam } from '../../src/index.js';
import { open } from '../backends.js';
import { expectClose } from '../close.js';
import { missing, referenceFolder } from '../data.js';
import { integers, node, weights } from '../onnx/build.js';
import { classifier, image, rejection, SIZE } from './classifier.js';
import { explainFamily } from './family-run.js';

const methods = [miCam(), gradCam, hiresCam];

/**
 * Behind the layer there is a convolution, so that a backward pass is needed, and a ReLU that has to be
 * tapped.
 */
const deep = classifier({
  nodes: [
    node('Conv', ['x', 'w'], ['c'], { pads: [1, 1, 1, 1] }),
    node('Relu', ['c'], ['a']),
    node('Conv', ['a', 'w2'], ['d'], { pads: [1, 1, 1, 1] }),
    node('Relu', ['d'], ['e']),
    node('GlobalAveragePool', ['e'], ['g']),
    node('Flatten', ['g'], ['f']),
    node('Gemm', ['f', 'fc'], ['logits']),
  ],
  initializers: { w: weights([6, 3, 3, 3]), w2: weights([6, 6, 3, 3]), fc: weights([6, 5]) },
});

test.for([['a'], ['a', 'e']])('layers %s: the same maps as on the CPU', async (layers, { skip }) => {
  await open('webgpu', skip);
  const images = [image(1), image(2), image(3)];
  const run = async (on: 'wasm' | 'webgpu') => {
    const runtime = on === 'webgpu' ? 'webgpu' : 'web';
    const explainer = await createExplainer(deep, { backend: on, runtime, methods, layers });
    // Twice: what the first batch left on the device must not show in the second.
    await explainer.explain([image(9), image(8)], { target: 1 });
    const explanations = await explainer.explain(images, { target: [0, 3] });
    await explainer.dispose();
    return explanations;
  };
  const [want, got] = [await run('wasm'), await run('webgpu')];
  expect(got.map(({ runtime, backend }) => `${runtime}, ${backend}`)).toEqual(
    Array(6).fill('onnxruntime-web webgpu, webgpu'),
  );
  for (const [i, { maps }] of got.entries()) {
    for (const { name } of methods) {
      const expected = want[i].maps[name];
      expectClose(maps[name].raw.data, expected.raw.data, expected.raw.shape, 1e-4);
      expectClose(maps[name].saliency, expected.saliency, [SIZE, SIZE], 1e-4);
    }
  }
});

test('tokens that the backward pass takes, too, are turned: the same maps as on the CPU', async ({
  skip,
}) => {
  await open('webgpu', skip);
  const tokens = classifier({
    nodes: [
      node('Conv', ['x', 'w'], ['c'], { strides: [2, 2] }),
      node('Reshape', ['c', 'flat'], ['rows']),
      node('Transpose', ['rows'], ['t'], { perm: [0, 2, 1] }),
      node('Add', ['t', 't'], ['layer']),
      node('Mul', ['layer', 'layer'], ['squares']),
      node('ReduceMean', ['squares'], ['m'], { axes: [1], keepdims: 0 }),
      node('Gemm', ['m', 'fc'], ['logits']),
    ],
    initializers: { w: weights([6, 3, 2, 2]), flat: integers(0, 6, -1), fc: weights([6, 5]) },
  });
  const run = async (on: 'wasm' | 'webgpu') => {
    const explainer = await createExplainer(tokens, {
      backend: on,
      runtime: on === 'webgpu' ? 'webgpu' : 'web',
      methods: ['grad-cam', 'mean-activation', 'recipro-cam'],
      layers: ['layer'],
    });
    const { maps } = await explainer.explain(image(1), { target: 1 });
    await explainer.dispose();
    return Object.values(maps).map(({ raw }) => raw);
  };
  const [want, got] = [await run('wasm'), await run('webgpu')];
  for (const [i, { data, shape }] of want.entries()) expectClose(got[i].data, data, shape, 1e-4);
});

test('activations that are not finite are found on the device', async ({ skip }) => {
  await open('webgpu', skip);
  const bytes = classifier({
    nodes: [
      node('Mul', ['x', 'hundred'], ['h']),
      node('Exp', ['h'], ['a']),
      node('Mul', ['a', 'zero'], ['z']),
      node('GlobalAveragePool', ['x'], ['g']),
      node('Flatten', ['g'], ['f']),
      node('Gemm', ['f', 'fc'], ['y']),
      node('ReduceMax', ['z'], ['m'], { axes: [1, 2, 3], keepdims: 0 }),
      node('Unsqueeze', ['m', 'one'], ['u']),
      node('Clip', ['u', 'zero', 'zero'], ['o']),
      node('Add', ['y', 'o'], ['logits']),
    ],
    initializers: {
      hundred: { dims: [], values: Float32Array.of(100) },
      zero: { dims: [], values: Float32Array.of(0) },
      one: { dims: [1], values: BigInt64Array.of(1n) },
      fc: weights([3, 5]),
    },
  });
  const explainer = await createExplainer(bytes, {
    backend: 'webgpu',
    runtime: 'webgpu',
    methods: [miCam()],
    layers: ['a'],
  });
  const hot = { data: new Float32Array(192).fill(0.1), shape: [3, SIZE, SIZE] };
  hot.data[130] = 1; // exp(100) overflows float32
  const [code, message] = await rejection(explainer.explain([hot]));
  await explainer.dispose();
  expect([code, message]).toEqual([
    'input',
    'layer "a": 1 of 192 values are not finite, first at [2, 0, 2] (Infinity).',
  ]);
});

const reason = missing(join(referenceFolder, 'families'));

// Taps of every kind that a backward model has, a graph that ends in softmax, a tail that is not linear.
describe.skipIf(reason)(`reference families ${reason ?? ''}`, { timeout: 240_000 }, () => {
  test.for([
    ['densenet', ['grad-cam', 'layer-cam']],
    ['vgg', ['grad-cam', 'layer-cam']],
    ['vgg_softmax', ['grad-cam', 'score-cam']],
  ] as const)('%s, %s: the same maps as on the CPU', async ([name, names], { skip }) => {
    await open('webgpu', skip);
    const options = { closedForms: false } as const;
    const want = await explainFamily(name, names, { ...options, backend: 'wasm', runtime: 'web' });
    const got = await explainFamily(name, names, { ...options, backend: 'webgpu', runtime: 'webgpu' });
    for (const [i, { maps, runtime }] of got.entries()) {
      expect(runtime).toBe('onnxruntime-web webgpu');
      expect(Object.keys(maps)).toEqual(names);
      for (const method of names) {
        const { raw, saliency, shape } = want[i].maps[method];
        expectClose(maps[method].raw.data, raw.data, raw.shape, 1e-3);
        expectClose(maps[method].saliency, saliency, shape, 1e-3);
      }
    }
  });
});

/**
 * Sizes of the buffers made for reading back while `task` runs, by the kernels or by ONNX Runtime, and of all
 * others.
 */
async function watched(task: () => Promise<unknown>): Promise<{ read: number[]; peak: Map<number, number> }> {
  const read: number[] = [];
  const alive = new Map<number, number>();
  const peak = new Map<number, number>();
  const count = (size: number, by: number) => {
    alive.set(size, (alive.get(size) ?? 0) + by);
    peak.set(size, Math.max(peak.get(size) ?? 0, alive.get(size) ?? 0));
  };
  const { createBuffer } = GPUDevice.prototype;
  const { destroy } = GPUBuffer.prototype;
  const made = vi.spyOn(GPUDevice.prototype, 'createBuffer').mockImplementation(function (
    this: GPUDevice,
    descriptor,
  ) {
    if (descriptor.usage & GPUBufferUsage.MAP_READ) read.push(descriptor.size);
    else count(descriptor.size, 1);
    return createBuffer.call(this, descriptor);
  });
  const gone = vi.spyOn(GPUBuffer.prototype, 'destroy').mockImplementation(function (this: GPUBuffer) {
    if (!(this.usage & GPUBufferUsage.MAP_READ)) count(this.size, -1);
    return destroy.call(this);
  });
  try {
    await task();
  } finally {
    made.mockRestore();
    gone.mockRestore();
  }
  return { read, peak };
}

describe('values that are read back', () => {
  const CHANNELS = 40; // three batches of masks: 16, 16, 8
  const many = classifier({
    nodes: [
      node('Conv', ['x', 'w'], ['c'], { pads: [1, 1, 1, 1] }),
      node('Relu', ['c'], ['a']),
      node('Conv', ['a', 'w2'], ['d'], { pads: [1, 1, 1, 1] }),
      node('Relu', ['d'], ['e']),
      node('GlobalAveragePool', ['e'], ['g']),
      node('Flatten', ['g'], ['f']),
      node('Gemm', ['f', 'fc'], ['logits']),
    ],
    initializers: { w: weights([CHANNELS, 3, 3, 3]), w2: weights([6, CHANNELS, 3, 3]), fc: weights([6, 5]) },
  });
  const picture = 4 * 3 * SIZE * SIZE;
  const explain = async (methods: readonly AnyMethod[]) => {
    const options = { backend: 'webgpu', runtime: 'webgpu', methods, layers: ['a'] } as const;
    const explainer = await createExplainer(many, options);
    const watch = await watched(() => explainer.explain([image(1)], { target: 0 }));
    await explainer.dispose();
    return watch;
  };

  // Scores, ranges, weights and maps are smaller than one picture; a mask, a layer and a tap are not.
  test.for([
    ['the masks of Score-CAM stay', scoreCam()],
    ['what a backward model is fed stays', gradCam],
  ] as const)('%s', async ([, method], { skip }) => {
    await open('webgpu', skip);
    const { read } = await explain([method]);
    expect(read.length).toBeGreaterThan(0);
    expect(Math.max(...read)).toBeLessThan(picture);
  });

  test('masks that are disturbed on the host are read, batch by batch', async ({ skip }) => {
    await open('webgpu', skip);
    const { read } = await explain([scoreCam({ noise: { samples: 1, deviation: 0.1 } })]);
    expect(read.filter((size) => size >= picture)).toEqual([16, 16, 8].map((masks) => masks * picture));
  });

  test('one batch of masks is on the device at a time', async ({ skip }) => {
    await open('webgpu', skip);
    const { peak } = await explain([scoreCam()]);
    expect(peak.get(16 * picture)).toBe(1);
  });
});

test('a stream runs two batches at a time, in order and with the same results', async ({ skip }) => {
  await open('webgpu', skip);
  const explainer = await createExplainer(deep, { backend: 'webgpu', runtime: 'webgpu', methods });
  const images = Array.from({ length: 7 }, (_, i) => image(i + 1));
  const want = [];
  for (const one of images) want.push(...(await explainer.explain([one])));
  const got = [];
  for await (const explanation of explainer.stream(images, { batch: 2 })) got.push(explanation);
  expect(got.map((one) => one.image)).toEqual([0, 1, 2, 3, 4, 5, 6]);
  for (const [i, { maps, target }] of got.entries()) {
    expect(target.index).toBe(want[i].target.index);
    for (const { name } of methods)
      expectClose(maps[name].raw.data, want[i].maps[name].raw.data, maps[name].raw.shape, 1e-5);
  }
  await explainer.dispose();
});

test('a batch that fails ends the stream with its error, and the explainer can still be used', async ({
  skip,
}) => {
  await open('webgpu', skip);
  const explainer = await createExplainer(deep, { backend: 'webgpu', runtime: 'webgpu', methods });
  const seen: number[] = [];
  const stream = async () => {
    for await (const { image: at } of explainer.stream([image(1), image(2), image(3)], {
      batch: 1,
      target: 99,
    }))
      seen.push(at);
  };
  await expect(stream()).rejects.toMatchObject({ code: 'target' });
  expect(seen).toEqual([]);
  expect(await explainer.explain([image(1)])).toHaveLength(1);
  await explainer.dispose();
});
