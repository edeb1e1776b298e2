import { describe, expect, test } from 'vitest';
import { opsOn } from '../../src/kernels/ops.js';
import { scaleChannels } from '../../src/kernels/scale-channels.js';
import * as reference from '../../src/reference/scale-channels.js';
import { backends, open } from '../backends.js';
import { expectClose } from '../close.js';
import { onGrid } from '../grid.js';
import { random } from '../random.js';

const shapes = [
  [1, 1, 1, 1], // smallest
  [2, 3, 2, 3], // SIMD tail of 2; a batch of 2 with weights of its own
  [1, 70, 7, 7], // 49 positions = 12 × 4 + 1; channels end inside workgroups
] as const;

describe.each(backends)('scaleChannels on %s', (name) => {
  test.for(shapes)('[%i, %i, %i, %i] is exact', async (shape, { skip }) => {
    const backend = await open(name, skip);
    const [n, k, h, w] = shape;
    const [x, weights] = [random(n * k * h * w, 1), random(n * k, 2)];
    const inputs = {
      x: backend.upload(x, shape, 'float32'),
      weights: backend.upload(weights, [n, k], 'float32'),
    };
    const scaled = opsOn(backend).scaleChannels(inputs.x, inputs.weights);
    expect(scaled.shape).toEqual(shape);
    const want = Float32Array.from(reference.scaleChannels(x, weights, h * w));
    expectClose(await backend.read(scaled), want, shape, 0);
    const walked = backend.run(onGrid(scaleChannels, 1), inputs, undefined);
    expect(await backend.read(walked)).toEqual(await backend.read(scaled));
  });
});

test('weights that do not fit are named', () => {
  expect(() => scaleChannels.plan({ x: [1, 512, 7, 7], weights: [1, 511] })).toThrow(
    'scaleChannels: weights: expected [1, 512] (one per channel), got [1, 511]',
  );
});
