import { describe, expect, test } from 'vitest';
import { classMargin } from '../../src/kernels/class-margin.js';
import { opsOn } from '../../src/kernels/ops.js';
import * as reference from '../../src/reference/class-margin.js';
import { backends, open } from '../backends.js';
import { expectClose } from '../close.js';
import { onGrid } from '../grid.js';
import { random } from '../random.js';

const shapes = [
  [1, 1, 1, 1], // one class is the lowest itself: 0
  [2, 3, 2, 3], // batch of 2; SIMD tail of 2
  [3, 20, 7, 7], // 49 positions = 12 × 4 + 1
  [1, 1000, 5, 5], // as many classes as ImageNet
] as const;

function oneHot(n: number, c: number): Float32Array {
  const choice = new Float32Array(n * c);
  for (let image = 0; image < n; image++) choice[image * c + ((image * 7 + 1) % c)] = 1;
  return choice;
}

describe.each(backends)('classMargin on %s', (name) => {
  test.for(shapes)('[%i, %i, %i, %i]', async (shape, { skip }) => {
    const backend = await open(name, skip);
    const [n, c, h, w] = shape;
    const x = random(n * c * h * w, 1);
    const choice = oneHot(n, c);
    const inputs = {
      x: backend.upload(x, shape, 'float32'),
      choice: backend.upload(choice, [n, c], 'float32'),
    };
    const want = reference.classMargin(x, choice, [n, c, h * w]);
    const margin = opsOn(backend).classMargin(inputs.x, inputs.choice);
    expectClose(await backend.read(margin), want, [n, h, w], 1e-6);
    // One workgroup walks over all positions.
    const walked = backend.run(onGrid(classMargin, 1), inputs, undefined);
    expect(await backend.read(walked)).toEqual(await backend.read(margin));
    expect(Math.min(...want)).toBeGreaterThanOrEqual(0);
  });

  test('all classes negative, the chosen one the lowest: 0, not its negative', async ({ skip }) => {
    const backend = await open(name, skip);
    const x = backend.upload(Float32Array.of(-1, -2, -3, -5), [1, 2, 1, 2] as const, 'float32');
    const choice = backend.upload(Float32Array.of(0, 1), [1, 2] as const, 'float32');
    expect([...(await backend.read(opsOn(backend).classMargin(x, choice)))]).toEqual([0, 0]);
  });
});

test('a choice that does not fit is named', () => {
  expect(() => classMargin.plan({ x: [2, 5, 7, 7], choice: [1, 5] })).toThrow(
    'classMargin: choice: expected [2, 5] (one per class of each image), got [1, 5]',
  );
});
