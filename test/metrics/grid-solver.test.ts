import { describe, expect, test } from 'vitest';
import { type GridSystem, gridSolver, slotOf } from '../../src/metrics/grid-solver.js';

/** The Laplacian of a whole grid with weight 1 to each of the eight neighbours, held at the first and the last cell. */
function held(h: number, w: number): GridSystem {
  const n = h * w;
  const diagonal = new Float64Array(n);
  const neighbours = new Int32Array(8 * n).fill(n);
  const weights = new Float64Array(8 * n);
  const [y, x] = [
    Int32Array.from({ length: n }, (_, i) => Math.floor(i / w)),
    Int32Array.from({ length: n }, (_, i) => i % w),
  ];
  for (let i = 0; i < n; i++) {
    for (const [dy, dx] of [-1, 0, 1].flatMap((v) => [-1, 0, 1].map((u) => [v, u]))) {
      const [v, u] = [y[i] + dy, x[i] + dx];
      if ((dy === 0 && dx === 0) || v < 0 || u < 0 || v >= h || u >= w) continue;
      neighbours[8 * i + slotOf(dy, dx)] = v * w + u;
      weights[8 * i + slotOf(dy, dx)] = 1;
      diagonal[i]++;
    }
    if (i === 0 || i === n - 1) diagonal[i]++;
  }
  return { y, x, diagonal, neighbours, weights };
}

describe('gridSolver', () => {
  test('has a slot for each neighbour', () => {
    const slots = [-1, 0, 1].flatMap((dy) =>
      [-1, 0, 1].map((dx) => (dy === 0 && dx === 0 ? [] : [slotOf(dy, dx)])),
    );
    expect(slots.flat().sort()).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  });

  // One unknown, one row, not square, more levels than one, the size of an image.
  test.for([
    [1, 1],
    [1, 300],
    [5, 7],
    [33, 20],
    [224, 224],
  ] as const)('finds what the right-hand side was made from, %i × %i, in at most 40 steps', ([h, w]) => {
    const system = held(h, w);
    const want = Float64Array.from({ length: h * w }, (_, i) => Math.sin(i * 0.7) + i / (h * w));
    const b = Float64Array.from(want, (value, i) => {
      let sum = system.diagonal[i] * value;
      for (let k = 8 * i; k < 8 * i + 8; k++) if (system.weights[k] !== 0) sum -= want[system.neighbours[k]];
      return sum;
    });
    const { values, steps } = gridSolver(system)(b, 0, 1e-11);
    let worst = 0;
    want.forEach((value, i) => {
      worst = Math.max(worst, Math.abs(values[i] - value));
    });
    // An error of the smoothest kind leaves a residual about (h·w)⁻¹ as large.
    expect(worst).toBeLessThan(1e-6);
    expect(steps).toBeLessThanOrEqual(40);
  });
});
