import { describe, expect, test } from 'vitest';
import { opsOn } from '../../src/kernels/ops.js';
import { upsampledRange } from '../../src/kernels/upsampled-range.js';
import * as reference from '../../src/reference/upsampled-range.js';
import { backends, open } from '../backends.js';
import { expectClose } from '../close.js';
import { onGrid } from '../grid.js';
import { random } from '../random.js';

// Shape, then the size it is resized to.
const cases = [
  [
    [1, 1, 1, 1],
    [5, 5],
  ], // one value everywhere
  [
    [2, 3, 7, 7],
    [224, 224],
  ], // even factor: no sample lies on a layer's value, so its own range is not the answer
  [
    [1, 5, 14, 14],
    [14, 14],
  ], // as it is
  [
    [1, 4, 3, 5],
    [10, 7],
  ], // factors that are no whole numbers, and differ
  [
    [1, 9, 9, 12],
    [4, 5],
  ], // smaller than the layer: some cells hold no sample
  [
    [1, 2, 4, 8],
    [96, 192],
  ],
  [
    [1, 3, 6, 6],
    [7, 1],
  ], // one column
] as const;

describe.each(backends)('upsampledRange on %s', (name) => {
  test.for(cases)('%j to %j', async ([shape, size], { skip }) => {
    const backend = await open(name, skip);
    const [n, k, h, w] = shape;
    const x = random(n * k * h * w, 1);
    const tensor = backend.upload(x, shape, 'float32');
    const range = opsOn(backend).upsampledRange(tensor, size);
    expect(range.shape).toEqual([n, k, 2]);
    expectClose(await backend.read(range), reference.upsampledRange(x, [n * k, h, w], size), [n, k, 2], 1e-6);
    const walked = backend.run(onGrid(upsampledRange, 1), { x: tensor }, size);
    expect(await backend.read(walked)).toEqual(await backend.read(range));
  });

  test('1 to 9 channels: every number that four at a time leave over', async ({ skip }) => {
    const backend = await open(name, skip);
    for (let k = 1; k <= 9; k++) {
      const x = random(k * 15, k);
      const range = opsOn(backend).upsampledRange(backend.upload(x, [1, k, 3, 5], 'float32'), [9, 20]);
      const want = reference.upsampledRange(x, [k, 3, 5], [9, 20]);
      expectClose(await backend.read(range), want, [1, k, 2], 1e-6);
    }
  });

  test('a constant channel has a range of exactly nothing', async ({ skip }) => {
    const backend = await open(name, skip);
    const x = new Float32Array(2 * 49).fill(0.1).fill(-3.3, 49);
    const range = opsOn(backend).upsampledRange(
      backend.upload(x, [1, 2, 7, 7] as const, 'float32'),
      [224, 224],
    );
    expect(await backend.read(range)).toEqual(Float32Array.of(0.1, 0.1, -3.3, -3.3));
  });
});

test('a rank that does not fit is named', () => {
  expect(() => upsampledRange.plan({ x: [512, 7, 7] }, [224, 224])).toThrow(
    'upsampledRange: x: expected [n, k, h, w], got [512, 7, 7]',
  );
});
