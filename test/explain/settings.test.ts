// Where preprocessing and labels come from when no file says it, and that the answer is that of the same
// network with its preprocessing outside.
import { readFileSync } from 'node:fs';
import { afterAll, describe, expect, test } from 'vitest';
import {
  createExplainer,
  type Explainer,
  gradCam,
  type ModelFile,
  miCam,
  type Preprocessing,
} from '../../src/index.js';
import { makeNode } from '../../src/onnx/index.js';
import { linear, SIZE } from './small-models.js';

const picture = {
  data: Uint8Array.from({ length: 4 * 12 * 10 }, (_, i) =>
    i % 4 === 3 ? 255 : (i * 37 + (i >> 4) * 11) % 256,
  ),
  width: 12,
  height: 10,
};

const opened: Explainer[] = [];
afterAll(async () => {
  for (const explainer of opened) await explainer.dispose();
});

async function open(model: ModelFile | Uint8Array, preprocessing?: Preprocessing): Promise<Explainer> {
  const explainer = await createExplainer(model, {
    ...{ methods: [gradCam, miCam()], backend: 'wasm', preprocessing },
  });
  opened.push(explainer);
  return explainer;
}

const MEAN = [0.485, 0.456, 0.406];
const STD = [0.229, 0.224, 0.225];
const perChannel = (values: readonly number[]) => ({ dims: [1, 3, 1, 1], values: Float32Array.from(values) });

/** The network with `(x - mean) / std` before its first convolution. */
function normalising(mean: readonly number[], std: readonly number[]): Uint8Array {
  return linear({
    inputs: { pixels: ['n', 3, SIZE, SIZE] },
    nodes: [
      makeNode('Sub', ['pixels', 'mean'], ['centred']),
      makeNode('Div', ['centred', 'std'], ['x']),
      makeNode('Conv', ['x', 'w'], ['c'], { pads: [1, 1, 1, 1] }),
      makeNode('Relu', ['c'], ['a']),
      makeNode('GlobalAveragePool', ['a'], ['g']),
      makeNode('Flatten', ['g'], ['f']),
      makeNode('Gemm', ['f', 'fc', 'b'], ['logits']),
    ],
    initializers: { mean: perChannel(mean), std: perChannel(std) },
  });
}

/** How the network without it is fed: as the convention has it. */
const outside: Preprocessing = {
  size: [SIZE, SIZE],
  resize: 'shortest',
  shortestEdge: 9,
  interpolation: 'bilinear',
  mean: MEAN,
  std: STD,
  channels: 'RGB',
};

describe('a model that normalises by itself is fed pixels as they are', () => {
  test.each([
    ['0..1', MEAN, STD, 1 / 255],
    ['0..255', MEAN.map((m) => 255 * m), STD.map((s) => 255 * s), 1],
  ] as const)(
    '%s: the maps of the same network with its normalisation outside',
    async (range, mean, std, scale) => {
      const inside = await open(normalising(mean, std));
      expect(inside.preprocessing).toMatchObject({ scale, mean: [0, 0, 0], std: [1, 1, 1], channels: 'RGB' });
      expect(inside.preprocessingSource).toContain(
        `the model's graph, which normalises by itself (Sub, Div): pixels ${range}, resized`,
      );
      const [got] = await inside.explain([picture], { target: 2 });
      const [want] = await (await open(linear(), outside)).explain([picture], { target: 2 });
      for (const method of ['grad-cam', 'mi-cam'])
        got.maps[method].raw.data.forEach((v, i) => {
          expect(v).toBeCloseTo(want.maps[method].raw.data[i], 4);
        });
      expect(Math.max(...want.maps['grad-cam'].raw.data.map(Math.abs))).toBeGreaterThan(0.01);
    },
  );

  test('a network that does not is fed by the convention; options come first', async () => {
    const plain = await open(linear());
    expect(plain.preprocessing).toMatchObject({ mean: MEAN, std: STD });
    expect(plain.preprocessingSource).toMatch(/^the ImageNet convention/);
    const given = await open(normalising(MEAN, STD), outside);
    expect([given.preprocessing.mean, given.preprocessingSource]).toEqual([MEAN, 'the option preprocessing']);
  });
});

test("Ultralytics' metadata: labels and values 0..1, with the result of the same preprocessing as an option", async () => {
  const bytes = readFileSync(new URL('../cases/settings-not-found/yolo-cls.onnx', import.meta.url));
  const found = await open(bytes);
  expect([found.preprocessingSource, found.labelsSource]).toEqual([
    "the model's metadata (Ultralytics)",
    "the model's metadata (Ultralytics)",
  ]);
  expect(found.labels).toContain('owl');
  const [got] = await found.explain([picture], { target: 'owl' });
  const byHand = await open(bytes, {
    ...{ size: [32, 32], resize: 'shortest', shortestEdge: 32, interpolation: 'bilinear' },
    ...{ mean: [0, 0, 0], std: [1, 1, 1], scale: 1 / 255, channels: 'RGB' },
  });
  const [want] = await byHand.explain([picture], { target: 3 });
  expect(got.target).toEqual({ ...want.target, index: 3, label: 'owl' });
  expect(got.maps['grad-cam'].raw.data).toEqual(want.maps['grad-cam'].raw.data);
});
