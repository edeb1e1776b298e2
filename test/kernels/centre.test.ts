import { describe, expect, test } from 'vitest';
import { centre } from '../../src/kernels/centre.js';
import * as reference from '../../src/reference/centre.js';
import { backends, open } from '../backends.js';
import { onGrid } from '../grid.js';
import { random } from '../random.js';

type Shape4 = readonly [number, number, number, number];

const shapes = [
  [1, 1, 1, 1], // smallest: 0
  [1, 3, 1, 3], // SIMD tail of 1
  [2, 5, 8, 8], // batch of 2; exactly one value per invocation
  [1, 2, 5, 13], // one value more than invocations
  [1, 2048, 7, 7], // ResNet-50 layer4
  [1, 8, 112, 112], // an early layer: the longest sum in use
] as const;

// Errors are relative to the channel's largest deviation, and to its mean where that is larger by far.
async function expectCentred(
  name: (typeof backends)[number],
  x: Float32Array,
  shape: Shape4,
  skip: (reason: string) => void,
  kernel = centre,
) {
  const backend = await open(name, skip);
  const tensor = backend.run(kernel, { x: backend.upload(x, shape, 'float32') }, undefined);
  expect(tensor.shape).toEqual(shape);
  const got = (await backend.read(tensor)) as Float32Array;
  backend.release(tensor);
  const planes = shape[0] * shape[1];
  const positions = shape[2] * shape[3];
  const want = reference.centre(x, planes);
  for (let plane = 0; plane < planes; plane++) {
    let [deviation, size] = [0, 0];
    for (let i = plane * positions; i < (plane + 1) * positions; i++) {
      deviation = Math.max(deviation, Math.abs(want[i]));
      size = Math.max(size, Math.abs(x[i]));
    }
    const bound = (name === 'wasm' ? 6e-8 : 3e-7) * deviation + 3e-14 * size;
    for (let i = plane * positions; i < (plane + 1) * positions; i++) {
      if (!(Math.abs(got[i] - want[i]) <= bound)) {
        expect.fail(`channel ${plane}, position ${i % positions}: got ${got[i]}, want ${want[i]} ± ${bound}`);
      }
    }
  }
}

describe.each(backends)('centre on %s is within 3e-7 of the largest deviation (wasm: 6e-8)', (name) => {
  test.for(shapes)('[%i, %i, %i, %i]', async (shape, { skip }) => {
    const count = shape.reduce<number>((a, b) => a * b, 1);
    await expectCentred(name, random(count, 1), shape, skip);
  });

  test('planes of 1 to 17 positions: every way in which one ends within SIMD steps', async ({ skip }) => {
    for (let positions = 1; positions <= 17; positions++) {
      await expectCentred(name, random(3 * positions, positions), [1, 3, 1, positions], skip);
    }
  });

  test('channels that vary by 1e-4 about a large mean', async ({ skip }) => {
    // Rounding of a float32 mean near 100 is 4e-6, a twenty-fifth of the deviations.
    const x = random(4 * 196, 2).map((value) => 100 + 1e-4 * value);
    await expectCentred(name, x, [1, 4, 14, 14], skip);
  });

  test('more channels than workgroups', async ({ skip }) => {
    await expectCentred(name, random(7 * 65, 4), [1, 7, 5, 13], skip, onGrid(centre, 3));
  });

  test('a constant channel becomes 0', async ({ skip }) => {
    const backend = await open(name, skip);
    // 0.1 times 49 is rounded in float32, and so is its mean.
    const x = backend.upload(new Float32Array(98).fill(0.1), [1, 2, 7, 7], 'float32');
    const centred = (await backend.read(backend.run(centre, { x }, undefined))) as Float32Array;
    expect(Math.max(...centred.map(Math.abs))).toBeLessThanOrEqual(3e-15);
  });
});

test('a rank that does not fit is named', () => {
  expect(() => centre.plan({ x: [512, 7, 7] })).toThrow('centre: x: expected [n, k, h, w], got [512, 7, 7]');
});
