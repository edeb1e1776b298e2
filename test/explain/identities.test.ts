// What must hold between methods whatever the picture: no reference is needed.
import { afterAll, describe, expect, test } from 'vitest';
import {
  type AnyMethod,
  ablationCam,
  cam,
  createExplainer,
  type Explainer,
  gradCam,
  hiresCam,
  infoCam,
  infoCamPlus,
  integratedGradCam,
  layerCam,
  methods,
  reciproCam,
  scoreCam,
  smoothGradCamPlusPlus,
  xgradCam,
} from '../../src/index.js';
import { gradCamPlusPlus } from '../../src/methods/index.js';
import { parseModel } from '../../src/onnx/index.js';
import { toFloat32 } from '../../src/onnx/values.js';
import { backends, open } from '../backends.js';
import { expectClose } from '../close.js';
import { node, weights } from '../onnx/build.js';
import { CHANNELS, CLASSES, image, linear, nonLinear, SIZE } from './small-models.js';

const POSITIONS = SIZE * SIZE;
const opened: Explainer[] = [];
afterAll(async () => {
  for (const explainer of opened) await explainer.dispose();
});

async function maps(bytes: Uint8Array, list: readonly AnyMethod[], more: object = {}, target = 2) {
  const explainer = await createExplainer(bytes, { backend: 'wasm', methods: list, layers: ['a'], ...more });
  opened.push(explainer);
  const [explanation] = await explainer.explain([image(1)], { target });
  return explanation;
}

const constantOf = (bytes: Uint8Array, name: string) =>
  toFloat32(parseModel(bytes).graph.initializers.get(name)!);
const scaled = (values: Float32Array, factor: number) => values.map((value) => factor * value);
const shape = [SIZE, SIZE];

describe.each([true, false])('behind pooling and a linear layer, closed forms %s', (closedForms) => {
  test('Grad-CAM, XGrad-CAM and HiResCAM are CAM / hw; LayerCAM takes relu(W)', async () => {
    const list = [cam, gradCam, xgradCam, hiresCam, layerCam];
    const { maps: found } = await maps(linear(), list, { closedForms });
    const want = scaled(found.cam.raw.data, 1 / POSITIONS);
    for (const name of ['grad-cam', 'xgrad-cam', 'hires-cam'])
      expectClose(found[name].raw.data, want, shape, 1e-5);
    const bytes = linear();
    const positive = weights([CHANNELS, CLASSES], 2).values as Float32Array;
    const relu = linear({
      initializers: { fc: { dims: [CHANNELS, CLASSES], values: positive.map((w) => Math.max(w, 0)) } },
    });
    const { maps: reluMaps } = await maps(relu, [cam], { closedForms });
    expectClose(scaled(found['layer-cam'].raw.data, POSITIONS), reluMaps.cam.raw.data, shape, 1e-5);
    expect(constantOf(bytes, 'fc').some((w) => w < 0)).toBe(true);
  });

  test('the mean of CAM and the bias is the logit; Ablation-CAM weighs by W · mean(A) / |S|', async () => {
    const { maps: found, scores } = await maps(linear(), [cam, ablationCam], { closedForms });
    const bias = constantOf(linear(), 'b')[2];
    const mean = found.cam.raw.data.reduce((a, b) => a + b, 0) / POSITIONS;
    expect(mean + bias).toBeCloseTo(scores[2], 5);
    const total = found['ablation-cam'].weights!.reduce((a, b) => a + b, 0);
    expect(total * Math.abs(scores[2])).toBeCloseTo(mean, 4);
  });

  test('Ablation-CAM where the score is 0 is unscaled', async () => {
    // Class 2 sees channel 0 and, with the other sign, its twin, channel 1: S = 0 exactly.
    const fc = new Float32Array(CHANNELS * CLASSES);
    [fc[2], fc[CLASSES + 2]] = [1, -1];
    const w = weights([CHANNELS, 3, 3, 3]).values as Float32Array;
    w.copyWithin(27, 0, 27);
    const bytes = linear({
      initializers: {
        w: { dims: [CHANNELS, 3, 3, 3], values: w },
        fc: { dims: [CHANNELS, CLASSES], values: fc },
        b: { dims: [CLASSES], values: new Float32Array(CLASSES) },
      },
    });
    const { maps: found, scores } = await maps(bytes, [ablationCam], { closedForms });
    const [first, second, ...rest] = found['ablation-cam'].weights!;
    expect(scores[2]).toBe(0);
    expect(first).toBeGreaterThan(0.01);
    expect(second).toBeCloseTo(-first, 6);
    expect(rest.every((weight) => weight === 0)).toBe(true);
  });

  test('Recipro-CAM is CAM / hw and the bias', async () => {
    const { maps: found } = await maps(linear(), [cam, reciproCam], { closedForms });
    const bias = constantOf(linear(), 'b')[2];
    const want = found.cam.raw.data.map((value) => value / POSITIONS + bias);
    expectClose(found['recipro-cam'].raw.data, want, shape, 1e-5);
  });
});

test('a negative score does not turn the signs of Ablation-CAM: it is divided by |S|', async () => {
  const low = linear({
    initializers: { b: { dims: [CLASSES], values: new Float32Array(CLASSES).fill(-50) } },
  });
  const high = linear({
    initializers: { b: { dims: [CLASSES], values: new Float32Array(CLASSES).fill(50) } },
  });
  const [a, b] = [await maps(low, [ablationCam]), await maps(high, [ablationCam])];
  expect(a.scores[2]).toBeLessThan(0);
  const signs = (values: Float32Array) => values.map(Math.sign);
  expect(signs(a.maps['ablation-cam'].weights!)).toEqual(signs(b.maps['ablation-cam'].weights!));
});

describe('infoCAM', () => {
  const region = (R: number) => [infoCam({ region: R }), infoCamPlus({ region: R }), cam];

  test('maps of all classes add up to 0', async () => {
    const sum = new Float64Array(POSITIONS);
    let largest = 0;
    for (let target = 0; target < CLASSES; target++) {
      const { maps: found } = await maps(linear(), region(3), {}, target);
      found['info-cam'].raw.data.forEach((value, p) => {
        sum[p] += value;
        largest = Math.max(largest, Math.abs(value));
      });
    }
    expect(Math.max(...sum.map(Math.abs))).toBeLessThan(1e-5 * largest);
  });

  test('two classes: infoCAM+ is infoCAM where the class is not the lowest, 0 where it is', async () => {
    const two = linear({
      outputs: { logits: ['n', 2] },
      initializers: { fc: weights([CHANNELS, 2], 2), b: weights([2], 3) },
    });
    const { maps: found } = await maps(two, region(2), {}, 1);
    const info = found['info-cam'].raw.data;
    expect(info.some((value) => value < 0) && info.some((value) => value > 0)).toBe(true);
    expectClose(
      found['info-cam+'].raw.data,
      info.map((value) => Math.max(value, 0)),
      shape,
      1e-5,
    );
  });

  test('the same vector added to the weights of all classes does not change infoCAM, but changes CAM', async () => {
    const fc = weights([CHANNELS, CLASSES], 2).values as Float32Array;
    const moved = fc.map((value, i) => value + Math.floor(i / CLASSES));
    const shifted = linear({ initializers: { fc: { dims: [CHANNELS, CLASSES], values: moved } } });
    const { maps: before } = await maps(linear(), region(3));
    const { maps: after } = await maps(shifted, region(3));
    for (const name of ['info-cam', 'info-cam+'])
      expectClose(after[name].raw.data, before[name].raw.data, shape, 1e-4);
    expect(after.cam.raw.data).not.toEqual(before.cam.raw.data);
  });

  test('a window of 1 is the plain map; one of 3 is the sum of its neighbours', async () => {
    const { maps: one } = await maps(linear(), region(1));
    const { maps: three } = await maps(linear(), region(3));
    const plain = one['info-cam'].raw.data;
    let sum = 0;
    for (let y = 3; y <= 5; y++) for (let x = 0; x <= 2; x++) sum += plain[y * SIZE + x];
    expect(three['info-cam'].raw.data[4 * SIZE + 1]).toBeCloseTo(sum, 4);
  });
});

describe('Score-CAM', () => {
  test('identical channels get equal weights', async () => {
    const w = weights([CHANNELS, 3, 3, 3]).values as Float32Array;
    w.copyWithin(3 * 27, 0, 27);
    const twins = nonLinear({ initializers: { w: { dims: [CHANNELS, 3, 3, 3], values: w } } });
    const { maps: found } = await maps(twins, [scoreCam()]);
    const found0 = found['score-cam'].weights!;
    expect(found0[3]).toBe(found0[0]);
    expect(found0[1]).not.toBe(found0[0]);
  });

  test('a constant added to all logits changes nothing', async () => {
    const b = weights([CLASSES], 3).values as Float32Array;
    const shifted = nonLinear({ initializers: { b: { dims: [CLASSES], values: b.map((x) => x + 30) } } });
    for (const weighting of ['probability', 'softmax'] as const) {
      const list = [scoreCam({ weighting })];
      const { weights: want } = (await maps(nonLinear(), list)).maps['score-cam'];
      const { weights: got } = (await maps(shifted, list)).maps['score-cam'];
      expectClose(got!, want!, [CHANNELS], 1e-4);
    }
  });

  test('a channel that is the same everywhere gets weight 0, and is not run', async () => {
    const w = weights([CHANNELS, 3, 3, 3]).values as Float32Array;
    const dead = nonLinear({ initializers: { w: { dims: [CHANNELS, 3, 3, 3], values: w.fill(0, 27, 54) } } });
    const { maps: found } = await maps(dead, [scoreCam()]);
    const live = found['score-cam'].weights!;
    expect(live[1]).toBe(0);
    expect(live[0]).toBeGreaterThan(0);
  });
});

test('Smooth Grad-CAM++ without noise is Grad-CAM++', async () => {
  const list = [smoothGradCamPlusPlus({ deviation: 0, samples: 2 }), gradCamPlusPlus];
  const { maps: found } = await maps(nonLinear(), list);
  const want = found['grad-cam++'].weights!;
  expectClose(found['smooth-grad-cam++'].weights!, want, [CHANNELS], 1e-5);
});

test('Integrated Grad-CAM of one step is Grad-CAM where a black picture leaves the layer at 0', async () => {
  // The first convolution has no bias.
  const { maps: found } = await maps(nonLinear(), [integratedGradCam({ pathSteps: 1 }), gradCam]);
  expectClose(found['integrated-grad-cam'].raw.data, found['grad-cam'].raw.data, shape, 1e-6);
});

const served = Object.keys(methods).filter((name) => !name.startsWith('calm'));

describe.each(backends)('all methods on %s', (backend) => {
  test('a batch of 3 gives what 3 batches of 1 give', async ({ skip }) => {
    await open(backend, skip);
    // A GPU that is a program takes half a minute for both; what only a linear tail has is held to the
    // reference families.
    for (const bytes of backend === 'wasm' ? [linear(), nonLinear()] : [nonLinear()]) {
      const explainer = await createExplainer(bytes, {
        backend,
        layers: ['a'],
        methods: served.map((name) => methods[name]()),
        unservable: 'skip',
      });
      const images = [1, 2, 3].map((seed) => image(seed));
      const together = await explainer.explain(images, { batch: 3, target: [2, 0] });
      const alone = await explainer.explain(images, { batch: 1, target: [2, 0] });
      expect(together).toHaveLength(6);
      for (const [i, { maps: got }] of together.entries())
        for (const [name, { raw, saliency }] of Object.entries(alone[i].maps)) {
          expectClose(got[name].raw.data, raw.data, raw.shape, 1e-5);
          expectClose(got[name].saliency, saliency, shape, 1e-4);
        }
      await explainer.dispose();
    }
  });

  test('two layers with equal maps give the map of one', async ({ skip }) => {
    await open(backend, skip);
    const bytes = nonLinear({
      nodes: [
        node('Conv', ['x', 'w'], ['c'], { pads: [1, 1, 1, 1] }),
        node('Relu', ['c'], ['a']),
        node('Identity', ['a'], ['a2']),
        node('Conv', ['a2', 'w2'], ['c2'], { strides: [4, 4] }),
        node('Relu', ['c2'], ['r2']),
        node('Flatten', ['r2'], ['f']),
        node('Gemm', ['f', 'fc', 'b'], ['logits']),
      ],
    });
    const run = async (layers: readonly string[]) => {
      const list = served.map((name) => methods[name]());
      const explainer = await createExplainer(bytes, { backend, layers, methods: list, unservable: 'skip' });
      const [explanation] = await explainer.explain([image(1)], { target: 2 });
      await explainer.dispose();
      return explanation.maps;
    };
    const [both, one] = [await run(['a', 'a2']), await run(['a'])];
    expect(Object.keys(both)).toContain('ablation-cam');
    for (const [name, { saliency }] of Object.entries(one))
      expectClose(both[name].saliency, saliency, shape, 1e-4);
  });
});
