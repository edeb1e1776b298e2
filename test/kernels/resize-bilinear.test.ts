import { describe, expect, test } from 'vitest';
import { opsOn } from '../../src/kernels/ops.js';
import { resizeBilinear } from '../../src/kernels/resize-bilinear.js';
import * as reference from '../../src/reference/resize-bilinear.js';
import { backends, open } from '../backends.js';
import { expectClose } from '../close.js';
import { onGrid } from '../grid.js';
import { random } from '../random.js';

const cases = [
  [1, 1, 1, 1, 1], // smallest
  [2, 1, 1, 5, 3], // one value spread over a map; SIMD tail of 3
  [1, 1, 9, 4, 9], // one axis has a single sample, the other keeps its size
  [1, 7, 7, 224, 224], // ResNet-50
  [3, 14, 14, 224, 224], // batch of 3: rows of one image must not serve the next
  [1, 5, 7, 113, 97], // odd sizes, no common factor: no fraction is a power of 2
  [2, 28, 20, 9, 6], // smaller: source rows are skipped
  [1, 224, 224, 7, 7], // much smaller; exact multiples
  [2, 3, 300, 300, 3], // one axis up, the other down
  [2, 2, 2, 2, 2], // same size
] as const;

describe.each(backends)('resizeBilinear on %s', (name) => {
  const resized = async (
    x: Float32Array,
    shape: readonly [number, number, number],
    size: readonly [number, number],
    skip: (reason: string) => void,
  ) => {
    const backend = await open(name, skip);
    return backend.scope(() => {
      const y = opsOn(backend).resizeBilinear(backend.upload(x, shape, 'float32'), size);
      expect(y.shape).toEqual([shape[0], ...size]);
      return backend.read(y);
    });
  };

  test.for(cases)(
    '[%i, %i, %i] to [%i, %i] is within 1e-6 of the largest value',
    async ([n, h, w, H, W], { skip }) => {
      const x = random(n * h * w, 1);
      const want = reference.resizeBilinear(x, [n, h, w], [H, W]);
      expectClose(await resized(x, [n, h, w], [H, W], skip), want, [n, H, W], 1e-6);
    },
  );

  test('more values than the grid has invocations', async ({ skip }) => {
    // 550 values on two workgroups of 64: walked on four times, the last time in part.
    const backend = await open(name, skip);
    const x = random(2 * 12, 4);
    const inputs = { x: backend.upload(x, [2, 3, 4], 'float32') };
    const got = await backend.read(backend.run(onGrid(resizeBilinear, 2), inputs, [25, 11]));
    expectClose(got, reference.resizeBilinear(x, [2, 3, 4], [25, 11]), [2, 25, 11], 1e-6);
  });

  // A float coordinate for one of these sizes lands below a sample instead of on it.
  test('the same size gives the same numbers, bit for bit', async ({ skip }) => {
    const x = random(3 * 113 * 97, 2);
    expect(await resized(x, [3, 113, 97], [113, 97], skip)).toEqual(x);
  });

  test.for([0, 1 / 3, -1e-7, 1e30])(
    'a constant map of %d stays exactly constant',
    async (value, { skip }) => {
      const got = await resized(new Float32Array(49).fill(value), [1, 7, 7], [113, 224], skip);
      expect(got).toEqual(new Float32Array(113 * 224).fill(value));
    },
  );

  test('a delta in the centre of 7×7 stays centred at 111.5 of 224, with a peak of 0.969', async ({
    skip,
  }) => {
    const x = new Float32Array(49);
    x[3 * 7 + 3] = 1;
    const got = await resized(x, [1, 7, 7], [224, 224], skip);
    let [mass, rows, columns, peak] = [0, 0, 0, 0];
    got.forEach((value, p) => {
      mass += value;
      rows += value * Math.floor(p / 224);
      columns += value * (p % 224);
      peak = Math.max(peak, value);
    });
    expect(rows / mass).toBeCloseTo(111.5, 5);
    expect(columns / mass).toBeCloseTo(111.5, 5);
    expect(peak).toBeCloseTo((63 / 64) ** 2, 6); // 0.969: half-pixel sampling never hits the node itself
  });

  test('an all-negative map stays negative to its edges', async ({ skip }) => {
    const got = await resized(Float32Array.of(-4, -3, -2, -1), [1, 2, 2], [5, 7], skip);
    expect(Math.max(...got)).toBe(-1);
    expect(Math.min(...got)).toBe(-4);
  });
});

test('the grid ends at the 65,535 workgroups that WebGPU allows', () => {
  expect(resizeBilinear.plan({ x: [1, 7, 7] }, [2049, 2048]).workgroups).toEqual([65_535, 1, 1]);
});

describe('sizes that do not fit are named', () => {
  const tail = 'times [7, 7] below 2^30 (coordinates are 32-bit integers), got';
  test.for([
    [[0, 224], '[0, 224]'],
    [[224, 1.5], '[224, 1.5]'],
    [[224, 2 ** 28], '[224, 268435456]'],
  ] as const)('%j', ([size, text]) => {
    expect(() => resizeBilinear.plan({ x: [1, 7, 7] }, size)).toThrow(
      `resizeBilinear: size: expected whole numbers of at least 1, ${tail} ${text}`,
    );
  });
});
