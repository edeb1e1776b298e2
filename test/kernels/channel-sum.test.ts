import { describe, expect, test } from 'vitest';
import { channelSum } from '../../src/kernels/channel-sum.js';
import { opsOn } from '../../src/kernels/ops.js';
import * as reference from '../../src/reference/channel-sum.js';
import { backends, open } from '../backends.js';
import { expectClose } from '../close.js';
import { onGrid } from '../grid.js';
import { random } from '../random.js';

const shapes = [
  [1, 1, 1, 1], // smallest
  [1, 3, 2, 3], // SIMD tail of 2
  [2, 5, 7, 7], // batch of 2; 49 positions = 12 × 4 + 1; an image ends inside a workgroup
  [1, 64, 16, 17], // five workgroups, the last a quarter full
  [1, 2048, 7, 7], // ResNet-50 layer4: the longest sum in use
] as const;

describe.each(backends)('channelSum on %s', (name) => {
  test.for(shapes)('[%i, %i, %i, %i] is within 1e-5 of the largest value', async (shape, { skip }) => {
    const backend = await open(name, skip);
    const [n, k, h, w] = shape;
    const x = random(n * k * h * w, 1);
    const map = await backend.scope(() => {
      const result = opsOn(backend).channelSum(backend.upload(x, shape, 'float32'));
      expect(result.shape).toEqual([n, h, w]);
      return backend.read(result);
    });
    expectClose(map, reference.channelSum(x, shape), [n, h, w], 1e-5);
  });

  test('more positions than the grid has invocations', async ({ skip }) => {
    // 500 positions on two workgroups of 64: walked on three times, the last time in part.
    const backend = await open(name, skip);
    const x = random(5 * 3 * 100, 4);
    const inputs = { x: backend.upload(x, [5, 3, 10, 10], 'float32') };
    const map = await backend.read(backend.run(onGrid(channelSum, 2), inputs, undefined));
    expectClose(map, reference.channelSum(x, [5, 3, 10, 10]), [5, 10, 10], 1e-5);
  });

  test('channels are added in an order that is always the same', async ({ skip }) => {
    // In float32, (1e8 + 1) - 1e8 + 1 is 1 from left to right, as WebAssembly adds; other orders give 0 or 2:
    // a GPU's tree of partial sums 2, as (1e8 - 1e8) + (1 + 1).
    const backend = await open(name, skip);
    const x = Float32Array.from([1e8, 1, -1e8, 1].flatMap((value) => new Array(5).fill(value)));
    const map = opsOn(backend).channelSum(backend.upload(x, [1, 4, 1, 5], 'float32'));
    expect([...(await backend.read(map))]).toEqual(new Array(5).fill(name === 'wasm' ? 1 : 2));
  });

  test('all-zero and all-negative images keep apart', async ({ skip }) => {
    const backend = await open(name, skip);
    const x = Float32Array.of(0, 0, 0, 0, -1, -2, -3, -4);
    const map = opsOn(backend).channelSum(backend.upload(x, [2, 2, 1, 2], 'float32'));
    expect([...(await backend.read(map))]).toEqual([0, 0, -4, -6]);
  });
});

test('the grid ends at the 65,535 workgroups that WebGPU allows', () => {
  expect(channelSum.plan({ x: [1, 1, 2049, 2048] }).workgroups).toEqual([65_535, 1, 1]);
});

test('a rank that does not fit is named', () => {
  expect(() => channelSum.plan({ x: [512, 7, 7] })).toThrow(
    'channelSum: x: expected [n, k, h, w], got [512, 7, 7]',
  );
});
