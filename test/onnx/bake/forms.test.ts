/** Models of other forms than real ones: free sizes, one channel, other opsets and types, maps of nothing. */

import { describe, expect, test } from 'vitest';
import { methods } from '../../../src/index.js';
import { type BakeOptions, bake } from '../../../src/onnx/bake.js';
import { exposeOutputs, parseModel } from '../../../src/onnx/index.js';
import type { Preprocessing } from '../../../src/types.js';
import { expectClose } from '../../close.js';
import { random } from '../../random.js';
import { float, type ModelSpec, model, node, weights } from '../build.js';
import { runModel, toFloats } from '../gradients/run.js';
import { bounds, explained, joined, methodNames, runBaked } from './baked.js';

/** x → convolution of stride 2 → ReLU → pooling → Gemm with a factor and weights `[K, C]`. */
function classifier(channels: number, more: Partial<ModelSpec> = {}, K = 6): Uint8Array {
  return model({
    inputs: { x: ['n', channels, undefined, 'width'] },
    nodes: [
      node('Conv', ['x', 'w', 'b'], ['c'], { pads: [1, 1, 1, 1], strides: [2, 2] }),
      node('Relu', ['c'], ['r']),
      node('GlobalAveragePool', ['r'], ['g']),
      node('Flatten', ['g'], ['f']),
      node('Gemm', ['f', 'fc'], ['logits'], { alpha: float(-0.5) }),
    ],
    initializers: { w: weights([K, channels, 3, 3]), b: weights([K], 3), fc: weights([K, 5], 2) },
    outputs: { logits: ['n', 5] },
    ...more,
  });
}

const pictures = (n: number, c: number, h: number, w: number, seed = 1) => ({
  data: random(n * c * h * w, seed),
  shape: [n, c, h, w],
});

test.each([2, 4, 13])(
  '%i channels: the grey picture is their mean, as `explain` has it',
  async (channels) => {
    const bytes = classifier(channels);
    const images = pictures(2, channels, 16, 24);
    for (const method of ['mi-cam', 'grad-cam'] as const) {
      const run = await runBaked(parseModel(bytes), { method }, images);
      const want = await explained(bytes, [methods[method]()], images);
      expectClose(
        run.saliency,
        joined(want.map(({ maps }) => maps[method].saliency)),
        run.shape,
        bounds[method],
      );
    }
  },
);

describe('sizes that are free', () => {
  const bytes = classifier(3);

  // More positions than channels and fewer; one position; sizes that do not divide; a channel too many for
  // whole blocks.
  test.each([
    [2, 16, 24],
    [1, 5, 7],
    [3, 2, 2],
    [1, 300, 300],
  ])('%i pictures of %i × %i', async (n, h, w) => {
    const images = pictures(n, 3, h, w);
    for (const method of methodNames) {
      const run = await runBaked(parseModel(bytes), { method }, images);
      const want = await explained(bytes, [methods[method]()], images);
      expect(run.baked.saliency.shape).toEqual(['n', undefined, 'width']);
      expect(run.shape).toEqual([n, h, w]);
      expectClose(
        run.saliency,
        joined(want.map(({ maps }) => maps[method].saliency)),
        run.shape,
        bounds[method],
      );
    }
  });

  test('known sizes, whose last block of channels is not full', async () => {
    const fixed = classifier(3, { inputs: { x: [1, 3, 300, 300] } }, 5);
    const images = pictures(1, 3, 300, 300);
    const run = await runBaked(parseModel(fixed), { method: 'mi-cam' }, images);
    const [want] = await explained(fixed, [methods['mi-cam']()], images);
    expectClose(run.saliency, want.maps['mi-cam'].saliency, run.shape, bounds['mi-cam']);
  });

  test.each([1, 2, 3, 4, 9])('infoCAM with a window of %i positions on 4 × 6', async (region) => {
    const images = pictures(2, 3, 8, 12);
    const run = await runBaked(parseModel(bytes), { method: 'info-cam', region }, images);
    const want = await explained(bytes, [methods['info-cam']({ region })], images);
    expectClose(run.saliency, joined(want.map(({ maps }) => maps['info-cam'].saliency)), run.shape, 1e-5);
  });
});

describe('operators mean the same in every opset', () => {
  const images = pictures(2, 3, 12, 10);
  const irs = new Map([
    [17, 8],
    [18, 8],
    [19, 9],
    [20, 9],
    [21, 10],
    [22, 10],
  ]);

  test.each(['node', 'web'] as const)('17 to 22, on onnxruntime-%s', async (runtime) => {
    for (const method of methodNames) {
      const maps: Float32Array[] = [];
      for (const [opset, irVersion] of irs) {
        const options: BakeOptions = { method, closedForms: false };
        const given = parseModel(classifier(3, { opset, irVersion }));
        const run = await runBaked(given, options, images, runtime);
        expect(run.baked.opset).toBe(opset);
        maps.push(run.saliency);
      }
      for (const map of maps) expectClose(map, maps[0], [2, 12, 10], 1e-6);
      expect(maps[0].some((value) => value === 1)).toBe(true);
    }
  });
});

describe('pixels', () => {
  const images = {
    data: Uint8Array.from(random(2 * 3 * 8 * 8, 5), (v) => (v + 1) * 127),
    shape: [2, 3, 8, 8],
  };
  const how = { mean: [0.2, 0.4, 0.6], std: [0.1, 0.2, 0.3] };
  /** What the model would be fed with. */
  const normalised = ({ channels, scale = 1 / 255 }: Pick<Preprocessing, 'channels' | 'scale'>) => ({
    shape: images.shape,
    data: Float32Array.from(images.data, (_, i) => {
      const [n, c, p] = [Math.floor(i / 192), Math.floor(i / 64) % 3, i % 64];
      const from = channels === 'BGR' ? 2 - c : c;
      return (images.data[n * 192 + from * 64 + p] * scale - how.mean[c]) / how.std[c];
    }),
  });

  test.each<Pick<Preprocessing, 'channels' | 'scale'>>([
    { channels: 'RGB' },
    { channels: 'BGR' },
    { channels: 'RGB', scale: 1 },
  ])('%j', async (given) => {
    const bytes = classifier(3);
    const preprocessing = { ...given, ...how };
    const fed = normalised(given);
    for (const method of ['hires-cam', 'mi-cam'] as const) {
      const inside = await runBaked(parseModel(bytes), { method, preprocessing, normalize: true }, images);
      const outside = await runBaked(parseModel(bytes), { method, preprocessing }, fed);
      expectClose(inside.saliency, outside.saliency, inside.shape, 1e-4);
      expectClose(toFloats(inside.outputs.logits), toFloats(outside.outputs.logits), [2, 5], 1e-5);
      const whole: Preprocessing = {
        ...preprocessing,
        size: [8, 8],
        resize: 'exact',
        interpolation: 'bilinear',
      };
      const want = await explained(bytes, [methods[method]()], fed, { preprocessing: whole });
      expectClose(
        inside.saliency,
        joined(want.map(({ maps }) => maps[method].saliency)),
        inside.shape,
        bounds[method],
      );
    }
  });

  test('one channel is its own grey; a model of 8-bit input sees the pixels', async () => {
    const gray = { data: images.data.slice(0, 128), shape: [2, 1, 8, 8] };
    const preprocessing = { mean: [0.5], std: [0.25], channels: 'GRAY' } as const;
    const bytes = classifier(1);
    const inside = await runBaked(
      parseModel(bytes),
      { method: 'mi-cam', preprocessing, normalize: true },
      gray,
    );
    const fed = { shape: gray.shape, data: Float32Array.from(gray.data, (v) => (v / 255 - 0.5) / 0.25) };
    const outside = await runBaked(parseModel(bytes), { method: 'mi-cam', preprocessing }, fed);
    expectClose(inside.saliency, outside.saliency, inside.shape, 1e-4);
    const again = bake(parseModel(inside.baked.bytes), { method: 'mean-activation' });
    expect([again.saliency.name, again.inputs.map(({ dtype }) => dtype)]).toEqual(['_saliency', ['uint8']]);
  });
});

describe('nothing to see is 0 everywhere, not NaN', () => {
  const bytes = classifier(3);

  // Zero input leaves constant channels behind, but at the border, where padding differs; 1 × 1 has no
  // border.
  test.each(methodNames)('%s of a layer of one position', async (method) => {
    const images = { data: new Float32Array(3), shape: [1, 3, 1, 1] };
    const run = await runBaked(parseModel(bytes), { method }, images);
    expect([...run.saliency]).toEqual([0]);
  });

  test.each(methodNames)('%s of a layer that is 0', async (method) => {
    const dead = classifier(3, {
      initializers: {
        w: weights([6, 3, 3, 3]),
        b: { dims: [6], values: new Float32Array(6).fill(-1000) },
        fc: weights([6, 5], 2),
      },
    });
    const run = await runBaked(parseModel(dead), { method }, pictures(2, 3, 8, 8));
    expect(run.saliency.every((value) => value === 0)).toBe(true);
  });

  // Its mutual information is 0 for every channel.
  test('mi-cam of a picture of one colour', async () => {
    const images = { data: new Float32Array(3 * 64).fill(0.3), shape: [1, 3, 8, 8] };
    const { baked } = await runBaked(parseModel(bytes), { method: 'mi-cam' }, images);
    const scan = parseModel(baked.bytes).graph.nodes.find(({ opType }) => opType === 'Scan');
    const [name = ''] = scan?.outputs ?? [];
    const seen = await runModel({ bytes: withOutput(baked.bytes, name) }, { x: images }, [name]);
    for (const value of toFloats(seen[name])) expect(Math.abs(value)).toBeLessThan(1e-6);
  });
});

const withOutput = (bytes: Uint8Array, name: string): Uint8Array => exposeOutputs(parseModel(bytes), [name]);

test('a float16 model: the map is made in float32', async () => {
  const half = (spec: { dims: readonly number[]; values: { readonly length: number } }) => ({
    dims: spec.dims,
    values: Uint16Array.from({ length: spec.values.length }, (_, i) => 0x3000 + ((i * 2654435761) % 0x800)),
    dtype: 'float16' as const,
  });
  const bytes = classifier(3, {
    inputs: { x: { dtype: 'float16', shape: ['n', 3, 8, 8] } },
    initializers: { w: half(weights([6, 3, 3, 3])), b: half(weights([6])), fc: half(weights([6, 5])) },
    outputs: { logits: { dtype: 'float16', shape: ['n', 5] } },
  });
  const images = pictures(2, 3, 8, 8);
  for (const method of methodNames) {
    const run = await runBaked(parseModel(bytes), { method }, images);
    const want = await explained(bytes, [methods[method]()], images);
    expect(run.baked.saliency.dtype).toBe('float32');
    expectClose(
      run.saliency,
      joined(want.map(({ maps }) => maps[method].saliency)),
      run.shape,
      bounds[method],
    );
  }
});
