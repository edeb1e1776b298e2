import { describe, expect, test } from 'vitest';
import type { Kernel } from '../../src/backends/backend.js';
import { opsOn } from '../../src/kernels/ops.js';
import { spatialMean } from '../../src/kernels/spatial-mean.js';
import * as reference from '../../src/reference/spatial-mean.js';
import { backends, open } from '../backends.js';
import { onGrid } from '../grid.js';
import { random } from '../random.js';

type Shape4 = readonly [number, number, number, number];

const shapes = [
  [1, 1, 1, 1], // smallest
  [1, 3, 2, 3], // SIMD tail of 2; most invocations have nothing to add
  [2, 5, 8, 8], // batch of 2; exactly one value per invocation
  [1, 2, 5, 13], // one value more than invocations
  [1, 2048, 7, 7], // ResNet-50 layer4
  [1, 64, 112, 112], // ResNet-50 stem: the longest sum in use, 196 values per invocation
] as const;

// Errors are relative to the mean of |x|: gradients cancel, and the mean itself may be 0.
async function expectMean(
  name: (typeof backends)[number],
  x: Float32Array,
  shape: Shape4,
  skip: (reason: string) => void,
  kernel: Kernel<'x', void> = spatialMean,
) {
  const backend = await open(name, skip);
  const got = await backend.scope(() => {
    const mean = backend.run(kernel, { x: backend.upload(x, shape, 'float32') }, undefined);
    expect(mean.shape).toEqual(shape.slice(0, 2));
    return backend.read(mean);
  });
  const want = reference.spatialMean(x, shape);
  const magnitude = reference.spatialMean(x.map(Math.abs), shape);
  expect(got.length).toBe(want.length);
  got.forEach((value, i) => {
    const error = Math.abs(value - want[i]);
    // Float64 rounds once to float32.
    const bound = name === 'wasm' ? 6e-8 : 3e-6;
    if (!(error <= bound * magnitude[i])) {
      expect.fail(`channel ${i}: got ${value}, want ${want[i]} within ${bound} × ${magnitude[i]}`);
    }
  });
}

describe.each(backends)('spatialMean on %s is within 3e-6 of the mean magnitude (wasm: 6e-8)', (name) => {
  test.for(shapes)('[%i, %i, %i, %i]', async (shape, { skip }) => {
    const x = random(
      shape.reduce<number>((a, b) => a * b, 1),
      1,
    );
    await expectMean(name, x, shape, skip);
  });

  test('more channels than workgroups', async ({ skip }) => {
    // Seven channels on three workgroups: walked on twice, the last time by one of them alone.
    await expectMean(name, random(7 * 65, 4), [1, 7, 5, 13], skip, onGrid(spatialMean, 3));
  });

  test('values of one sign, where rounding piles up in one direction', async ({ skip }) => {
    // One float32 chain over 12,544 such values is off by 1e-4 of them.
    await expectMean(name, new Float32Array(12_544).fill(-0.1), [1, 1, 112, 112], skip);
  });

  test('magnitudes that cancel', async ({ skip }) => {
    // Large values in pairs of opposite sign hide a mean that is 1e-4 of them.
    const small = random(4 * 12_544, 5);
    const x = small.map((value, i) => (i % 2 ? 1e3 : -1e3) * (1 + (i >> 1) / 7e3) + value);
    await expectMean(name, x, [1, 4, 112, 112], skip);
  });

  test('exact cancellation gives 0, all-zero channels too', async ({ skip }) => {
    const backend = await open(name, skip);
    const x = Float32Array.from({ length: 98 }, (_, i) => (i < 49 ? i - 24 : 0));
    const mean = opsOn(backend).spatialMean(backend.upload(x, [1, 2, 7, 7], 'float32'));
    expect([...(await backend.read(mean))].map(Math.abs)).toEqual([0, 0]);
  });
});

test('the grid ends at the 65,535 workgroups that WebGPU allows', () => {
  expect(spatialMean.plan({ x: [33, 2048, 1, 1] }).workgroups).toEqual([65_535, 1, 1]);
});

test('a rank that does not fit is named', () => {
  expect(() => spatialMean.plan({ x: [512, 7, 7] })).toThrow(
    'spatialMean: x: expected [n, k, h, w], got [512, 7, 7]',
  );
});
