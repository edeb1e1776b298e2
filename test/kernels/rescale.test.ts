import { describe, expect, test } from 'vitest';
import { opsOn } from '../../src/kernels/ops.js';
import { rescale } from '../../src/kernels/rescale.js';
import { minMax } from '../../src/reference/min-max.js';
import * as reference from '../../src/reference/rescale.js';
import { backends, open } from '../backends.js';
import { expectClose } from '../close.js';
import { onGrid } from '../grid.js';
import { random } from '../random.js';

const shapes = [
  [1, 1, 2], // smallest that is not flat
  [1, 2, 3], // SIMD tail of 2
  [3, 7, 7], // batch of 3; an image ends inside a workgroup
  [2, 224, 224], // whole saliency maps
] as const;

describe.each(backends)('rescale on %s', (name) => {
  const scaled = async (
    x: Float32Array,
    range: ArrayLike<number>,
    shape: readonly [number, number, number],
    skip: (reason: string) => void,
  ) => {
    const backend = await open(name, skip);
    return backend.scope(() =>
      backend.read(
        opsOn(backend).rescale(
          backend.upload(x, shape, 'float32'),
          backend.upload(Float32Array.from(range), [shape[0], 2], 'float32'),
        ),
      ),
    );
  };

  test.for(shapes)(
    '[%i, %i, %i] is within 1e-6, and exactly 0 and 1 at the ends',
    async (shape, { skip }) => {
      const x = random(shape[0] * shape[1] * shape[2], 1);
      const range = minMax(x, shape);
      const got = await scaled(x, range, shape, skip);
      expectClose(got, reference.rescale(x, range, shape), shape, 1e-6);
      const ends = minMax(got, shape);
      for (let n = 0; n < shape[0]; n++) expect([...ends.slice(2 * n, 2 * n + 2)]).toEqual([0, 1]);
    },
  );

  test('more values than the grid has invocations', async ({ skip }) => {
    // 500 values on two workgroups of 64: walked on three times, the last time in part.
    const backend = await open(name, skip);
    const x = random(500, 4);
    const range = minMax(x, [5, 10, 10]);
    const inputs = {
      x: backend.upload(x, [5, 10, 10], 'float32'),
      range: backend.upload(Float32Array.from(range), [5, 2], 'float32'),
    };
    const got = await backend.read(backend.run(onGrid(rescale, 2), inputs, undefined));
    expectClose(got, reference.rescale(x, range, [5, 10, 10]), [5, 10, 10], 1e-6);
  });

  test('ends are exact for ranges whose quotients round', async ({ skip }) => {
    // A division that is off by an ulp gives 0.99999994 or 1.0000001 for some of 1,000 odd ranges.
    const ranges = random(2000, 3).map((value) => value / 3);
    for (let n = 0; n < 1000; n++) ranges.subarray(2 * n, 2 * n + 2).sort();
    const got = await scaled(ranges, ranges, [1000, 1, 2], skip);
    expect(got).toEqual(Float32Array.from({ length: 2000 }, (_, i) => i % 2));
  });

  test('flat maps become 0, whatever their value, and leave their neighbours alone', async ({ skip }) => {
    const x = Float32Array.of(0, 0, 0, 0, 0, 7, 7, 7, 7, 7, -3, -3, -3, -3, -3, -4, -3, -2, -1, 0);
    const got = await scaled(x, minMax(x, [4, 1, 5]), [4, 1, 5], skip);
    expect([...got]).toEqual([...new Array(15).fill(0), 0, 0.25, 0.5, 0.75, 1]);
  });

  test('maps far from 1 use the whole range', async ({ skip }) => {
    // Gradients of a confident class are this small; logit maps of broken models this large.
    const x = Float32Array.of(1e-30, 2e-30, 3e-30, 5e-30, 1e30, 2e30, 3e30, 5e30);
    const got = await scaled(x, minMax(x, [2, 2, 2]), [2, 2, 2], skip);
    expectClose(got, [0, 0.25, 0.5, 1, 0, 0.25, 0.5, 1], [2, 2, 2], 1e-6);
  });

  test('a range below the smallest normal number counts as flat', async ({ skip }) => {
    // Devices differ in whether 1e-40 is a number or 0: the answer must not.
    const x = Float32Array.of(0, 1e-40, 2e-40, 1e-39, 0);
    expect([...(await scaled(x, [0, 1e-39], [1, 1, 5], skip))]).toEqual([0, 0, 0, 0, 0]);
  });

  test('values outside a given range are clamped', async ({ skip }) => {
    const x = Float32Array.of(-1, 0, 1, 2, 3);
    expect([...(await scaled(x, [0, 2], [1, 1, 5], skip))]).toEqual([0, 0, 0.5, 1, 1]);
  });
});

test('the grid ends at the 65,535 workgroups that WebGPU allows', () => {
  expect(rescale.plan({ x: [1, 2049, 2048], range: [1, 2] }).workgroups).toEqual([65_535, 1, 1]);
});

test('a range that does not fit is named with both shapes', () => {
  expect(() => rescale.plan({ x: [2, 7, 7], range: [1, 2] })).toThrow(
    'rescale: range: expected [2, 2] (minimum and maximum of each image), got [1, 2]',
  );
});
