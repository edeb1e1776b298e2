import { describe, expect, test } from 'vitest';
import { gradCamPlusPlusWeights } from '../../src/kernels/grad-cam-plus-plus-weights.js';
import { opsOn } from '../../src/kernels/ops.js';
import * as reference from '../../src/reference/grad-cam-plus-plus-weights.js';
import { backends, open } from '../backends.js';
import { onGrid } from '../grid.js';
import { activationLike, random } from '../random.js';

type Shape4 = readonly [number, number, number, number];

const shapes = [
  [1, 1, 1, 1], // smallest
  [1, 3, 1, 3], // SIMD tail of 1
  [2, 5, 8, 8], // batch of 2; exactly one value per invocation
  [1, 2, 5, 13], // one value more than invocations
  [1, 2048, 7, 7], // ResNet-50 layer4
  [1, 8, 112, 112], // an early layer: the longest sum in use
] as const;

async function expectWeights(
  name: (typeof backends)[number],
  activations: Float32Array,
  gradients: Float32Array,
  shape: Shape4,
  skip: (reason: string) => void,
  kernel = gradCamPlusPlusWeights,
) {
  const backend = await open(name, skip);
  const inputs = {
    activations: backend.upload(activations, shape, 'float32'),
    gradients: backend.upload(gradients, shape, 'float32'),
  };
  const tensor = backend.run(kernel, inputs, undefined);
  expect(tensor.shape).toEqual(shape.slice(0, 2));
  const got = (await backend.read(tensor)) as Float32Array;
  const planes = shape[0] * shape[1];
  const want = reference.gradCamPlusPlusWeights(activations, gradients, planes);
  const positions = shape[2] * shape[3];
  for (let plane = 0; plane < planes; plane++) {
    const range = Array.from({ length: positions }, (_, p) => plane * positions + p);
    const sum = range.reduce((total, i) => total + activations[i], 0);
    const magnitude = range.reduce((total, i) => total + Math.abs(activations[i]), 0);
    const unit = name === 'wasm' ? 1e-7 : 1e-6;
    // What rounding of ΣA and of the denominator does to each position's share.
    const bound = range.reduce((total, i) => {
      const g = Math.max(gradients[i], 0);
      const denominator = Math.abs(2 + g * sum);
      const condition = (2 + g * magnitude) / denominator;
      return total + (g === 0 ? 0 : unit * (g / denominator) * condition);
    }, 0);
    if (!(Math.abs(got[plane] - want[plane]) <= bound)) {
      expect.fail(`channel ${plane}: got ${got[plane]}, want ${want[plane]} ± ${bound}`);
    }
  }
}

describe.each(backends)('gradCamPlusPlusWeights on %s is within the stated bound', (name) => {
  test.for(shapes)('[%i, %i, %i, %i]', async (shape, { skip }) => {
    const count = shape.reduce<number>((a, b) => a * b, 1);
    await expectWeights(name, activationLike(count, 1, 0.5), random(count, 2), shape, skip);
  });

  test('planes of 1 to 17 positions: every way in which one ends within SIMD steps', async ({ skip }) => {
    for (let positions = 1; positions <= 17; positions++) {
      const activations = activationLike(3 * positions, positions, 0.5);
      await expectWeights(
        name,
        activations,
        random(3 * positions, 20 + positions),
        [1, 3, 1, positions],
        skip,
      );
    }
  });

  test('a signed layer: ΣA · G on both sides of -2', async ({ skip }) => {
    await expectWeights(name, random(512 * 49, 3), random(512 * 49, 4), [1, 512, 7, 7], skip);
  });

  test.for([1e-10, 1e-20, 1e-30])('gradients of %f keep their digits', async (size, { skip }) => {
    // In float32 their squares or cubes are 0: the weight is Σ relu(G) / 2 and must not vanish.
    const gradients = random(8 * 49, 6).map((value) => value * size);
    await expectWeights(name, activationLike(8 * 49, 5, 0.5), gradients, [1, 8, 7, 7], skip);
    const backend = await open(name, skip);
    const weights = await backend.read(
      opsOn(backend).gradCamPlusPlusWeights(
        backend.upload(activationLike(8 * 49, 5, 0.5), [1, 8, 7, 7], 'float32'),
        backend.upload(gradients, [1, 8, 7, 7], 'float32'),
      ),
    );
    expect(Math.min(...weights)).toBeGreaterThan(size);
  });

  test('more channels than workgroups', async ({ skip }) => {
    const count = 7 * 65;
    const activations = activationLike(count, 7, 0.5);
    await expectWeights(
      name,
      activations,
      random(count, 8),
      [1, 7, 5, 13],
      skip,
      onGrid(gradCamPlusPlusWeights, 3),
    );
  });

  test('a gradient of 0, a negative one and a denominator of exactly 0 count nothing', async ({ skip }) => {
    const backend = await open(name, skip);
    // ΣA = -2: the denominator of G = 1 is 0, that of G = 0.5 is 1. The last position is beyond the SIMD
    // steps.
    const weights = opsOn(backend).gradCamPlusPlusWeights(
      backend.upload(Float32Array.of(-4, 1, 2, -2, 1), [1, 1, 1, 5], 'float32'),
      backend.upload(Float32Array.of(1, 0, -3, 0.5, 1), [1, 1, 1, 5], 'float32'),
    );
    expect([...(await backend.read(weights))]).toEqual([0.5]);
  });

  test('denominators of 0 that share a division', async ({ skip }) => {
    const backend = await open(name, skip);
    // ΣA = -2. The twin divides once for positions 0 and 2, and once for 1 and 3: of the first two both are
    // 0, then one is.
    const weights = opsOn(backend).gradCamPlusPlusWeights(
      backend.upload(Float32Array.of(-4, 1, 2, -1), [1, 1, 1, 4], 'float32'),
      backend.upload(Float32Array.of(1, 0.5, 1, 1), [1, 1, 1, 4], 'float32'),
    );
    expect([...(await backend.read(weights))]).toEqual([0.5]);
  });
});

test('shapes that differ are named', () => {
  expect(() => gradCamPlusPlusWeights.plan({ activations: [1, 8, 7, 7], gradients: [1, 8, 7] })).toThrow(
    'gradCamPlusPlusWeights: gradients: expected [1, 8, 7, 7] (one per activation), got [1, 8, 7]',
  );
});
