import { describe, expect, test } from 'vitest';
import { opsOn } from '../../src/kernels/ops.js';
import { xgradWeights } from '../../src/kernels/xgrad-weights.js';
import * as reference from '../../src/reference/xgrad-weights.js';
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
  kernel = xgradWeights,
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
  const want = reference.xgradWeights(activations, gradients, planes);
  const positions = shape[2] * shape[3];
  for (let plane = 0; plane < planes; plane++) {
    let [sum, magnitude, products] = [0, 0, 0];
    for (let i = plane * positions; i < (plane + 1) * positions; i++) {
      sum += activations[i];
      magnitude += Math.abs(activations[i]);
      products += Math.abs(activations[i] * gradients[i]);
    }
    const unit = name === 'wasm' ? 1e-7 : 1e-6;
    const bound = sum === 0 ? 0 : unit * (products / Math.abs(sum)) * (magnitude / Math.abs(sum));
    if (!(Math.abs(got[plane] - want[plane]) <= bound)) {
      expect.fail(`channel ${plane}: got ${got[plane]}, want ${want[plane]} ± ${bound}`);
    }
  }
}

describe.each(backends)('xgradWeights on %s is within the stated bound', (name) => {
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

  test('signed channels, which cancel', async ({ skip }) => {
    // Of 512 channels the worst has a sum of about a thousandth of its magnitude.
    await expectWeights(name, random(512 * 49, 3), random(512 * 49, 4), [1, 512, 7, 7], skip);
  });

  test('gradients of 1e-30 keep their digits', async ({ skip }) => {
    const gradients = random(8 * 49, 6).map((value) => value * 1e-30);
    await expectWeights(name, activationLike(8 * 49, 5, 0.5), gradients, [1, 8, 7, 7], skip);
  });

  test('more channels than workgroups', async ({ skip }) => {
    const count = 7 * 65;
    const activations = activationLike(count, 7, 0.5);
    await expectWeights(name, activations, random(count, 8), [1, 7, 5, 13], skip, onGrid(xgradWeights, 3));
  });

  test('a dead channel, and one that cancels exactly, have weight 0', async ({ skip }) => {
    const backend = await open(name, skip);
    // Pairs of opposite values apart from one another, so that no order of summation makes each partial sum
    // exact.
    const half = random(98, 9);
    const activations = Float32Array.of(...new Float32Array(196), ...half, ...half.map((value) => -value));
    const weights = opsOn(backend).xgradWeights(
      backend.upload(activations, [1, 2, 14, 14], 'float32'),
      backend.upload(random(392, 10), [1, 2, 14, 14], 'float32'),
    );
    expect([...(await backend.read(weights))]).toEqual([0, 0]);
  });

  test('a sum just above what rounding leaves', async ({ skip }) => {
    const backend = await open(name, skip);
    // 2^-42 of 2: above 2^-44 of Σ|A|, below 2^-44 of eight times the largest, which the twin tries first.
    // WebGPU: 2^-21.
    const weights = opsOn(backend).xgradWeights(
      backend.upload(Float32Array.of(1, -1, 2 ** -42, 0, 0, 0, 0, 0), [1, 1, 2, 4], 'float32'),
      backend.upload(new Float32Array(8).fill(3), [1, 1, 2, 4], 'float32'),
    );
    expect([...(await backend.read(weights))]).toEqual([name === 'wasm' ? 3 : 0]);
  });
});

test('shapes that differ are named', () => {
  expect(() => xgradWeights.plan({ activations: [1, 8, 7, 7], gradients: [1, 9, 7, 7] })).toThrow(
    'xgradWeights: gradients: expected [1, 8, 7, 7] (one per activation), got [1, 9, 7, 7]',
  );
});
