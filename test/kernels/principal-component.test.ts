import { describe, expect, test } from 'vitest';
import { GRAM_SCALE } from '../../src/kernels/gram.js';
import { principalComponent } from '../../src/kernels/principal-component.js';
import * as reference from '../../src/reference/principal-component.js';
import { backends, open } from '../backends.js';
import { expectClose } from '../close.js';
import { generator } from '../random.js';
import { svd } from '../svd.js';

/**
 * A symmetric matrix `m × m` of these eigenvalues (0 beyond them), its eigenvectors made orthogonal by
 * Gram-Schmidt.
 */
function spectrum(m: number, values: readonly number[], seed: number): Float32Array {
  const next = generator(seed);
  const vectors: Float64Array[] = [];
  for (const _ of values) {
    const vector = Float64Array.from({ length: m }, () => next() * 2 - 1);
    for (let round = 0; round < 2; round++) {
      for (const other of vectors) {
        const inner = vector.reduce((sum, value, i) => sum + value * other[i], 0);
        vector.forEach((_, i) => {
          vector[i] -= inner * other[i];
        });
      }
    }
    const length = Math.hypot(...vector);
    vectors.push(vector.map((value) => value / length));
  }
  return Float32Array.from({ length: m * m }, (_, at) => {
    const [i, j] = [Math.floor(at / m), at % m].sort((a, b) => a - b);
    return values.reduce((sum, value, v) => sum + value * vectors[v][i] * vectors[v][j], 0);
  });
}

const range = (count: number, value: (i: number) => number) =>
  Array.from({ length: count }, (_, i) => value(i));

// Eigenvalues, chosen for how hard they are to part.
const spectra = [
  ['one value alone, m = 1', 1, [7]],
  ['a pair', 2, [3, 1]],
  ['an odd size, rank 3', 9, [5, 2, 1]],
  [
    'few items, a third apart: in float32 they take more steps than there are',
    16,
    [1, ...range(15, (i) => 0.67 - i / 25)],
  ],
  ['rank 1: Lanczos is done after one step', 49, [4]],
  ['all there, spread evenly', 49, range(49, (i) => 49 - i)],
  ['a gap of a tenth above a crowd', 196, [1, ...range(195, (i) => 0.9 - i / 400)]],
  ['more entries than invocations', 300, [1, 0.7, ...range(60, (i) => 0.5 / (i + 1))]],
] as const;

describe.each(backends)('principalComponent on %s', (name) => {
  async function component(
    gram: Float32Array,
    [n, m]: readonly [number, number],
    skip: (reason: string) => void,
    as: 'projection' | 'direction' = 'projection',
  ): Promise<Float32Array> {
    const backend = await open(name, skip);
    const tensor = backend.run(
      principalComponent,
      { gram: backend.upload(gram, [n, m, m], 'float32') },
      { as, shape: [n, m] },
    );
    expect(tensor.shape).toEqual([n, m]);
    const got = (await backend.read(tensor)) as Float32Array;
    return as === 'projection' ? got.map((value) => value * GRAM_SCALE) : got;
  }

  /** Turned to the sign of `want`. */
  const turned = (got: Float32Array, want: Float64Array, m: number) =>
    got.map((value, i) => {
      const first = i - (i % m);
      const inner = range(m, (j) => got[first + j] * want[first + j]).reduce((a, b) => a + b, 0);
      return inner < 0 ? -value : value;
    });

  test.for(spectra)(
    '%s: within 1e-6 / gap of the largest (wasm: 1e-7 / gap)',
    async ([, m, values], { skip }) => {
      const gram = spectrum(m, values, 1);
      const want = reference.principalComponent(gram, 1, m);
      const [first, second = 0] = values;
      const gap = 1 - second / first;
      const got = turned(await component(gram, [1, m], skip), want, m);
      expectClose(got, want, [m], (name === 'wasm' ? 1e-7 : 1e-6) / gap);
    },
  );

  test('a batch, its images of very different size, one of them zero', async ({ skip }) => {
    const m = 25;
    const sizes = [1, 1e-30, 0, 1e30];
    const gram = Float32Array.from(
      sizes.flatMap((size, n) => [...spectrum(m, [3, 1, 0.5], n).map((value) => value * size)]),
    );
    const got = await component(gram, [4, m], skip);
    const want = reference.principalComponent(gram, 4, m);
    const aligned = turned(got, want, m);
    sizes.forEach((_, n) => {
      expectClose(aligned.subarray(n * m, (n + 1) * m), want.subarray(n * m, (n + 1) * m), [m], 3e-6);
    });
    expect([...got.subarray(2 * m, 3 * m)].every((value) => value === 0)).toBe(true);
  });

  test('a direction has length 1, whatever the size', async ({ skip }) => {
    const got = await component(spectrum(49, [1e12, 1e11], 3), [1, 49], skip, 'direction');
    expect(Math.hypot(...got)).toBeCloseTo(1, 6);
  });

  test.for([
    ['twice', 30, [2, 2, 1]],
    ['always: a multiple of the identity', 16, range(16, () => 3)],
  ] as const)(
    'a leading eigenvalue that occurs %s: some vector of its space',
    async ([, m, values], { skip }) => {
      const gram = spectrum(m, values, 4);
      const got = await component(gram, [1, m], skip, 'direction');
      const image = range(m, (i) => range(m, (j) => gram[i * m + j] * got[j]).reduce((a, b) => a + b, 0));
      expectClose(
        image,
        got.map((value) => value * values[0]),
        [m],
        1e-5,
      );
      expect(Math.hypot(...got)).toBeCloseTo(1, 5);
    },
  );

  test('diagonal matrices, whose eigenvectors are the axes', async ({ skip }) => {
    const gram = Float32Array.from({ length: 64 }, (_, at) => (at % 9 === 0 ? 1 + (at === 27 ? 1 : 0) : 0));
    const got = await component(gram, [1, 8], skip);
    expectClose(
      got.map(Math.abs),
      range(8, (i) => (i === 3 ? Math.SQRT2 : 0)),
      [8],
      1e-6,
    );
  });
});

test('the reference agrees with a full singular value decomposition', () => {
  for (const [, m, values] of spectra) {
    const gram = spectrum(m, values, 1);
    const { sigma, left } = svd(gram, m, m);
    const got = reference.principalComponent(gram, 1, m);
    const sign = Math.sign(got.reduce((sum, value, i) => sum + value * left[i], 0));
    const want = left.map((value) => sign * value * Math.sqrt(sigma[0]));
    expectClose(got, want, [m], 1e-10);
  }
});

test('a matrix that is not square is named', () => {
  expect(() => principalComponent.plan({ gram: [2, 49, 48] }, { as: 'direction', shape: [2, 49] })).toThrow(
    'principalComponent: gram: expected [2, 49, 49] (square), got [2, 49, 48]',
  );
});
