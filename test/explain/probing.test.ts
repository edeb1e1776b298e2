import { describe, expect, test } from 'vitest';
import { passSize } from '../../src/explain/pass-size.js';
import {
  ablationCam,
  CamError,
  cam,
  createExplainer,
  type ExplainerOptions,
  eigenCam,
  gradCam,
  infoCam,
  integratedGradCam,
  meanActivation,
  type ProbingMethod,
  randomCam,
  scoreCam,
  smoothGradCamPlusPlus,
} from '../../src/index.js';
import { uniform } from '../../src/methods/probing.js';
import { centre } from '../../src/reference/centre.js';
import { expectClose } from '../close.js';
import { float, node } from '../onnx/build.js';
import { generator } from '../random.js';
import { svdComponent } from '../svd-component.js';
import { CHANNELS, image, linear, nonLinear, SIZE } from './small-models.js';

async function run(bytes: Uint8Array, options: ExplainerOptions, target = 2) {
  const explainer = await createExplainer(bytes, { backend: 'wasm', layers: ['a'], ...options });
  const [explanation] = await explainer.explain([image(1)], { target });
  await explainer.dispose();
  return explanation.maps;
}

const weightsOf = async (method: ProbingMethod, bytes = nonLinear()) =>
  (await run(bytes, { methods: [method] }))[method.name].weights!;

describe('Score-CAM', () => {
  test('channels keeps the channels of largest variance, each with its own weight', async () => {
    const all = await weightsOf(scoreCam());
    const some = await weightsOf(scoreCam({ channels: 2 }));
    const kept = [...some.keys()].filter((k) => some[k] !== 0);
    expect(kept).toHaveLength(2);
    for (const k of kept) expect(some[k]).toBeCloseTo(all[k], 6);
    const variances = await variancesOfLayer();
    const order = [...variances.keys()].sort((a, b) => variances[b] - variances[a]);
    expect(kept).toEqual(order.slice(0, 2).sort());
  });

  test('the softmax variant weighs channels by softmax over them: they add up to 1', async () => {
    const weights = await weightsOf(scoreCam({ weighting: 'softmax' }));
    expect(weights.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 5);
  });

  test('IS-CAM averages over fractions of the masked picture: its last step alone is Score-CAM', async () => {
    const [one, two] = [await weightsOf(scoreCam()), await weightsOf(scoreCam({ steps: 2 }))];
    const half = await weightsOf(halved(scoreCam()));
    expectClose(
      two,
      one.map((weight, k) => (weight + half[k]) / 2),
      [CHANNELS],
      1e-5,
    );
  });

  test('SS-CAM is seeded, and without noise it is Score-CAM', async () => {
    const noisy = (deviation: number, seed: number) =>
      weightsOf(scoreCam({ noise: { samples: 2, deviation, seed } }));
    expectClose(await noisy(0, 1), await weightsOf(scoreCam()), [CHANNELS], 1e-6);
    expect(await noisy(0.5, 1)).toEqual(await noisy(0.5, 1));
    expect(await noisy(0.5, 1)).not.toEqual(await noisy(0.5, 2));
  });

  test('a graph that ends in softmax or sigmoid: its own output is the weight, whatever is explained', async () => {
    for (const end of ['Softmax', 'Sigmoid']) {
      const nodes = [
        node('Conv', ['x', 'w'], ['c'], { pads: [1, 1, 1, 1] }),
        node('Relu', ['c'], ['a']),
        node('GlobalAveragePool', ['a'], ['g']),
        node('Flatten', ['g'], ['f']),
        node('Gemm', ['f', 'fc', 'b'], ['z'], { alpha: float(3) }),
        node(end, ['z'], ['p']),
      ];
      const bytes = linear({ nodes, outputs: { p: ['n', 5] } });
      const logit = await run(bytes, { methods: [scoreCam()], score: 'logit' });
      const probability = await run(bytes, { methods: [scoreCam()], score: 'probability' });
      expect(probability['score-cam'].weights).toEqual(logit['score-cam'].weights);
      expect(Math.max(...logit['score-cam'].weights!)).toBeLessThanOrEqual(1);
    }
  });
});

/** The method on a picture that is half as bright: what IS-CAM's first of two steps feeds. */
function halved(method: ProbingMethod): ProbingMethod {
  return {
    ...method,
    probe: (k, probe) =>
      method.probe(k, {
        activations: probe.activations,
        images: probe.images,
        input: probe.input,
        values: (tensor) => probe.values(tensor),
        compute: (make) => probe.compute(make),
        varying: (one) => probe.varying(one),
        masked: (one, channels) => probe.masked(one, channels, { factor: 0.5 }),
        tail: (one, passes, change) => probe.tail(one, passes, change),
        elsewhere: (input) => probe.elsewhere(input),
      }),
  };
}

/** Σ A² of each channel, up to a factor. */
async function variancesOfLayer(): Promise<Float32Array> {
  const layer = await layerValues();
  return Float32Array.from({ length: CHANNELS }, (_, k) => {
    const values = layer.subarray(k * SIZE * SIZE, (k + 1) * SIZE * SIZE);
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    return values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  });
}

test('Random-CAM: seeded, the same for every picture', async () => {
  const [one, same, other] = [
    await weightsOf(randomCam({ seed: 3 })),
    await weightsOf(randomCam({ seed: 3 }), linear()),
    await weightsOf(randomCam({ seed: 4 })),
  ];
  expect(one).toEqual(same);
  expect(one).not.toEqual(other);
  expect(Math.min(...one)).toBeGreaterThanOrEqual(-1);
  const [ours, theirs] = [uniform(7), generator(7)];
  for (let i = 0; i < 100; i++) expect(ours()).toBe(theirs());
});

test('ablation of what is explained: probabilities where these are asked for', async () => {
  const nodes = [
    node('Conv', ['x', 'w'], ['c'], { pads: [1, 1, 1, 1] }),
    node('Relu', ['c'], ['a']),
    node('GlobalAveragePool', ['a'], ['g']),
    node('Flatten', ['g'], ['f']),
    node('Gemm', ['f', 'fc', 'b'], ['z']),
    node('Softmax', ['z'], ['p']),
  ];
  const bytes = linear({ nodes, outputs: { p: ['n', 5] } });
  const logit = (await run(bytes, { methods: [ablationCam] }))['ablation-cam'].weights!;
  const found = await run(bytes, { methods: [ablationCam], score: 'probability' });
  const probability = found['ablation-cam'].weights!;
  // No channel can take more than the whole probability away.
  expect(Math.max(...probability)).toBeLessThanOrEqual(1);
  expect(probability).not.toEqual(logit);
});

test('eigen-smoothing: the first component of the weighted channels; methods without weights say so', async () => {
  const methods = [gradCam, eigenCam(), cam];
  const plain = await run(linear(), { methods });
  const smooth = await run(linear(), { methods, eigenSmooth: true });
  const layer = await layerValues();
  const { weights } = plain['grad-cam'];
  const weighted = layer.map((value, i) => value * weights![Math.floor(i / (SIZE * SIZE))]);
  const shape = [1, CHANNELS, SIZE * SIZE] as const;
  const want = svdComponent(centre(weighted, CHANNELS), shape).map;
  expectClose(smooth['grad-cam'].raw.data, want, [SIZE, SIZE], 1e-5);
  expect(smooth['grad-cam'].diagnostics).toEqual([]);
  expect(smooth['eigen-cam'].raw.data).toEqual(plain['eigen-cam'].raw.data);
  expect(smooth['eigen-cam'].diagnostics).toEqual([
    'eigen-smoothing takes one weight per channel, which this method does not have: not smoothed.',
  ]);
});

async function layerValues(): Promise<Float32Array> {
  let found = new Float32Array();
  const spy: ProbingMethod = {
    name: 'layer',
    needs: ['activations'],
    classAgnostic: true,
    probe: async (_, probe) => {
      found = Float32Array.from(await probe.values(probe.activations));
      return { weights: new Float32Array(CHANNELS).fill(1) };
    },
  };
  await run(linear(), { methods: [spy] });
  return found;
}

describe('augmentation', () => {
  test('is the mean of six versions, each mirrored back, scaled again', async () => {
    const explainer = await createExplainer(nonLinear(), {
      backend: 'wasm',
      layers: ['a'],
      methods: [gradCam, meanActivation],
    });
    const plain = image(1);
    const mirrored = (values: Float32Array) =>
      values.map((_, i) => values[i - (i % SIZE) + SIZE - 1 - (i % SIZE)]);
    const sum = new Float64Array(SIZE * SIZE);
    for (const factor of [0.9, 1, 1.1])
      for (const flip of [false, true]) {
        const data = (flip ? mirrored(plain.data) : plain.data).map((x) => x * factor);
        const [{ maps }] = await explainer.explain([{ ...plain, data }], { target: 2 });
        const { saliency } = maps['grad-cam'];
        (flip ? mirrored(saliency) : saliency).forEach((value, p) => {
          sum[p] += value / 6;
        });
      }
    const [lo, hi] = [Math.min(...sum), Math.max(...sum)];
    const want = sum.map((value) => (value - lo) / (hi - lo));
    const [got] = await explainer.explain([plain], { target: 2, augment: true });
    expectClose(got.maps['grad-cam'].saliency, want, [SIZE, SIZE], 1e-5);
    const [one] = await explainer.explain([plain], { target: 2 });
    expect(got.target).toEqual(one.target);
    expect(got.maps['grad-cam'].saliency).not.toEqual(one.maps['grad-cam'].saliency);
    await explainer.dispose();
  });

  test('the class is that of the picture as it is, for each of several targets and pictures', async () => {
    const options = { backend: 'wasm', layers: ['a'], methods: [gradCam] } as const;
    const explainer = await createExplainer(nonLinear(), options);
    const images = [image(1), image(2), image(3)];
    const plain = await explainer.explain(images, { target: ['predicted', 0] });
    const smooth = await explainer.explain(images, { target: ['predicted', 0], augment: true });
    expect(smooth.map(({ image: at, target }) => [at, target])).toEqual(
      plain.map(({ image: at, target }) => [at, target]),
    );
    await explainer.dispose();
  });
});

describe('methods that a model cannot serve', () => {
  const refused = (options: ExplainerOptions) =>
    createExplainer(nonLinear(), { backend: 'wasm', layers: ['a'], ...options }).then(
      () => 'served',
      (error: CamError) => `${error.code} ${error.message}`,
    );

  test('are an error by name', async () => {
    expect(await refused({ methods: [meanActivation, cam] })).toBe(
      'model cam: model: expected global average pooling and one linear layer after "a", got a tail of kind "other". Choose a method that works with any tail.',
    );
    expect(await refused({ methods: [infoCam()], layers: ['c', 'a'] })).toBe(
      'layer info-cam: layers: expected the one in front of global average pooling, got 2. Choose a single layer.',
    );
  });

  test('are left out with the reason where that was requested; none left is an error', async () => {
    const explainer = await createExplainer(nonLinear(), {
      backend: 'wasm',
      layers: ['a'],
      methods: [meanActivation, cam, gradCam],
      unservable: 'skip',
    });
    expect(explainer.skipped).toEqual([
      {
        method: 'cam',
        reason:
          'model: expected global average pooling and one linear layer after "a", got a tail of kind "other". Choose a method that works with any tail.',
      },
    ]);
    const [{ maps }] = await explainer.explain([image(1)]);
    expect(Object.keys(maps)).toEqual(['mean-activation', 'grad-cam']);
    await explainer.dispose();
    expect(await refused({ methods: [cam], unservable: 'skip' })).toContain(
      'option methods: the model serves none of those asked for. model: expected global average pooling',
    );
  });
});

test('invalid options are refused', () => {
  const refusal = (make: () => unknown) => {
    try {
      make();
    } catch (error) {
      return error instanceof CamError ? `${error.code} ${error.message}` : String(error);
    }
    return 'taken';
  };
  expect([
    refusal(() => scoreCam({ channels: 0 })),
    refusal(() => scoreCam({ steps: 1.5 })),
    refusal(() => scoreCam({ noise: { samples: 0, deviation: 1 } })),
    refusal(() => infoCam({ region: 0 })),
    refusal(() => integratedGradCam({ pathSteps: 0 })),
    refusal(() => smoothGradCamPlusPlus({ samples: 0 })),
  ]).toEqual([
    'option score-cam: channels: expected a whole number of at least 1, got 0.',
    'option score-cam: steps: expected a whole number of at least 1, got 1.5.',
    'option score-cam: noise.samples: expected a whole number of at least 1, got 0.',
    'option info-cam: region: expected a whole number of at least 1, got 0.',
    'option integrated-grad-cam: pathSteps: expected a whole number of at least 1, got 0.',
    'option smooth-grad-cam++: samples: expected a whole number of at least 1, got 0.',
  ]);
});

test('passes are sized by memory: 64 MB, at least one image, at most the requested number', async () => {
  expect(passSize(3.1e6, 1.2e6, 16)).toBe(6);
  expect(passSize(1e9, 1e6, 16)).toBe(1);
  expect(passSize(1000, 1000, 16)).toBe(16);
});
