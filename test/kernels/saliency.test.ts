import { describe, expect, test } from 'vitest';
import { opsOn } from '../../src/kernels/ops.js';
import { saliency } from '../../src/kernels/saliency.js';
import { minMax } from '../../src/reference/min-max.js';
import * as reference from '../../src/reference/saliency.js';
import { backends, open } from '../backends.js';
import { expectClose } from '../close.js';
import { random } from '../random.js';

const cases = [
  [
    [1, 1, 2],
    [1, 2],
  ], // smallest that is not flat
  [
    [2, 7, 7],
    [224, 224],
  ], // several workgroups per image, the last in part
  [
    [3, 5, 7],
    [113, 97],
  ], // odd sizes
  [
    [1, 30, 40],
    [20, 61],
  ], // coarser along one axis
  [
    [2, 14, 14],
    [14, 14],
  ], // as it is
] as const;

/** Values around 0: some below, so that the ReLU cuts. */
const around0 = (count: number, seed: number) =>
  random(count, seed).map((value, i) => (i % 2 === 0 ? value - 0.4 : Math.abs(value)));

describe.each(backends)('saliency on %s', (name) => {
  test.for(cases)('%j to %j is within 1e-6, 0 and 1 at the ends', async ([shape, size], { skip }) => {
    const backend = await open(name, skip);
    const x = around0(shape[0] * shape[1] * shape[2], 1);
    const got = await backend.read(opsOn(backend).saliency(backend.upload(x, shape, 'float32'), size));
    const resized = [shape[0], ...size] as const;
    expectClose(got, reference.saliency(x, shape, size), resized, 1e-6);
    const ends = minMax(got, resized);
    for (let n = 0; n < shape[0]; n++) expect([...ends.slice(2 * n, 2 * n + 2)]).toEqual([0, 1]);
  });

  test('a map that is flat, or nowhere above 0, is 0', async ({ skip }) => {
    const backend = await open(name, skip);
    const x = new Float32Array(3 * 49).fill(2);
    x.fill(-1, 49, 98);
    x[60] = -3;
    x.fill(0, 98);
    const got = await backend.read(
      opsOn(backend).saliency(backend.upload(x, [3, 7, 7], 'float32'), [30, 30]),
    );
    expect(got.every((value) => value === 0)).toBe(true);
  });
});

test('what is no map is refused', () => {
  expect(() => saliency.plan({ map: [7, 7] }, [14, 14])).toThrow(
    'saliency: map: expected [n, h, w], got [7, 7]',
  );
});
