import { describe, expect, test } from 'vitest';
import { GRAM_SCALE, gram } from '../../src/kernels/gram.js';
import * as reference from '../../src/reference/gram.js';
import { backends, open } from '../backends.js';
import { activationLike, random } from '../random.js';

type Shape4 = readonly [number, number, number, number];

const cases = [
  [[1, 1, 1, 1], 'positions'], // smallest
  [[1, 3, 1, 5], 'positions'], // narrower than a block of 4×8
  [[1, 3, 1, 5], 'channels'],
  // Batch of 2; two terms beyond two runs of 64 and one of 128; nine items: one beyond a block.
  [[2, 130, 3, 3], 'positions'],
  [[2, 9, 13, 10], 'channels'], // the same through the other layout
  [[1, 17, 4, 4], 'positions'], // exactly one tile of 16
  [[1, 17, 4, 5], 'channels'], // one item beyond a tile
  [[1, 2048, 7, 7], 'positions'], // ResNet-50 layer4
  [[1, 64, 56, 56], 'channels'], // ResNet-50 layer1: 3,136 terms
] as const satisfies readonly (readonly [Shape4, 'positions' | 'channels'])[];

async function expectGram(
  name: (typeof backends)[number],
  x: Float32Array,
  shape: Shape4,
  of: 'positions' | 'channels',
  skip: (reason: string) => void,
) {
  const backend = await open(name, skip);
  const [n, k, h, w] = shape;
  const items = of === 'positions' ? h * w : k;
  const tensor = backend.run(gram, { x: backend.upload(x, shape, 'float32') }, of);
  expect(tensor.shape).toEqual([n, items, items]);
  const got = ((await backend.read(tensor)) as Float32Array).map((value) => value / GRAM_SCALE / GRAM_SCALE);
  const want = reference.gram(x, [n, k, h * w], of);
  const scaled = Float64Array.from(got, (value) => value);
  for (let image = 0; image < n; image++) {
    const at = (i: number, j: number) => (image * items + i) * items + j;
    for (let i = 0; i < items; i++) {
      for (let j = 0; j < items; j++) {
        const size = Math.sqrt(want[at(i, i)] * want[at(j, j)]);
        const bound = (name === 'wasm' ? 6e-7 : 1e-6) * size;
        if (!(Math.abs(scaled[at(i, j)] - want[at(i, j)]) <= bound)) {
          expect.fail(`[${image}, ${i}, ${j}]: got ${scaled[at(i, j)]}, want ${want[at(i, j)]} ± ${bound}`);
        }
        if (scaled[at(i, j)] !== scaled[at(j, i)]) expect.fail(`[${image}, ${i}, ${j}]: not symmetric`);
      }
    }
  }
}

describe.each(backends)('gram on %s is within 1e-6 of the items (wasm: 6e-7), and symmetric', (name) => {
  test.for(cases)('%j of %s', async ([shape, of], { skip }) => {
    const count = shape.reduce<number>((a, b) => a * b, 1);
    await expectGram(name, random(count, 1), shape, of, skip);
  });

  test('values of one sign, where rounding piles up in one direction', async ({ skip }) => {
    await expectGram(name, activationLike(12 * 12_544, 2, 0), [1, 12, 112, 112], 'channels', skip);
  });

  test('tiny and large values neither vanish nor overflow', async ({ skip }) => {
    // Squares of 1e-20 are beyond float32; a saturated probability has such gradients.
    const backend = await open(name, skip);
    for (const size of [1e-25, 1e-20, 1e7]) {
      const x = backend.upload(Float32Array.of(size, -size), [1, 1, 1, 2], 'float32');
      const got = (await backend.read(backend.run(gram, { x }, 'positions'))) as Float32Array;
      const want = (size * GRAM_SCALE) ** 2;
      got.forEach((value, i) => {
        expect(value / (i % 3 === 0 ? want : -want)).toBeCloseTo(1, 6);
      });
    }
  });
});

test('a layer that is large in both is refused', () => {
  expect(() => gram.plan({ x: [1, 4096, 46, 46] }, 'positions')).toThrow(
    'gram: x: expected at most 2048 positions, got 2116 in [1, 4096, 46, 46]. Choose a layer that is smaller in positions or channels.',
  );
});
