import { describe, expect, test } from 'vitest';
import { opsOn } from '../../src/kernels/ops.js';
import { scoreCamMasks } from '../../src/kernels/score-cam-masks.js';
import * as reference from '../../src/reference/score-cam-masks.js';
import { backends, open } from '../backends.js';
import { expectClose } from '../close.js';
import { activationLike, random } from '../random.js';

// Input n, c, H, W; layer k, h, w; channels; factor.
const cases = [
  [[1, 1, 1, 1], [1, 1, 1], [0], 1], // a single value is flat: 0
  [[2, 3, 32, 32], [5, 4, 4], [4, 0, 4], 1], // a channel twice, another order; the second image of two
  [[1, 3, 11, 7], [3, 3, 5], [0, 1, 2], 0.3], // SIMD tails of 3; factors that are no whole numbers
  [[1, 1, 9, 10], [2, 9, 12], [1], 1], // the layer wider than the input
  [[1, 3, 64, 48], [2, 7, 6], [1, 0], 2],
] as const;

describe.each(backends)('scoreCamMasks on %s', (name) => {
  test.for(cases)('%j, layer %j, channels %j, factor %f', async ([input, layer, list, factor], { skip }) => {
    const backend = await open(name, skip);
    const ops = opsOn(backend);
    const [n, c, H, W] = input;
    const [k, h, w] = layer;
    const image = n - 1;
    const values = random(n * c * H * W, 1);
    const activations = activationLike(n * k * h * w, 2, 0.4);
    const masked = await backend.scope(() => {
      const a = backend.upload(activations, [n, k, h, w] as const, 'float32');
      const made = ops.scoreCamMasks(
        backend.upload(values, input, 'float32'),
        a,
        ops.upsampledRange(a, [H, W]),
        backend.upload(Uint32Array.from(list), [list.length] as const, 'uint32'),
        { image, factor },
      );
      expect(made.shape).toEqual([list.length, c, H, W]);
      return backend.read(made);
    });
    const want = reference.scoreCamMasks(
      values.subarray(image * c * H * W),
      activations.subarray(image * k * h * w),
      [c, H, W],
      [h, w],
      list,
      factor,
    );
    expectClose(masked, want, [list.length, c, H, W], 1e-5);
  });

  test('a flat channel among others gives a black image, not NaN', async ({ skip }) => {
    const backend = await open(name, skip);
    const ops = opsOn(backend);
    const layer = Float32Array.of(3, 3, 3, 3, 0, 1, 2, 3);
    const a = backend.upload(layer, [1, 2, 2, 2] as const, 'float32');
    const x = backend.upload(new Float32Array(16).fill(1), [1, 1, 4, 4] as const, 'float32');
    const channels = backend.upload(Uint32Array.of(0, 1), [2] as const, 'uint32');
    const options = { image: 0, factor: 1 };
    const masked = await backend.read(
      ops.scoreCamMasks(x, a, ops.upsampledRange(a, [4, 4]), channels, options),
    );
    expect(masked.subarray(0, 16)).toEqual(new Float32Array(16));
    // The mask is scaled after upsampling: its ends are the picture's corners, and exactly 0 and 1.
    expectClose([masked[16], masked[31]], [0, 1], [2], 1e-6);
  });
});

test('shapes that do not fit are named', () => {
  const fit = { input: [2, 3, 8, 8], activations: [2, 5, 4, 4], ranges: [2, 5, 2], channels: [4] };
  const options = { image: 0, factor: 1 };
  expect(() => scoreCamMasks.plan({ ...fit, activations: [1, 5, 4, 4] }, options)).toThrow(
    'scoreCamMasks: activations: expected [2, 5, 4, 4] (one layer per image), got [1, 5, 4, 4]',
  );
  expect(() => scoreCamMasks.plan({ ...fit, ranges: [2, 4, 2] }, options)).toThrow(
    'scoreCamMasks: ranges: expected [2, 5, 2] (minimum and maximum of each channel), got [2, 4, 2]',
  );
  expect(() => scoreCamMasks.plan(fit, { ...options, image: 2 })).toThrow(
    'scoreCamMasks: image: expected 0 to 1, got 2',
  );
});
