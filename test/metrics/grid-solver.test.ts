import { describe, expect, test } from 'vitest';
import { cellCount, type GridSystem, multiply, stride } from '../../src/metrics/grid.js';
import { gridSolver } from '../../src/metrics/grid-solver.js';

/**
 * The Laplacian of a whole grid, weight 1 to each of the eight neighbours, with the first and the last cell
 * held.
 */
function held(height: number, width: number): GridSystem {
  const w = stride(width);
  const make = () => new Float64Array(cellCount(height, width));
  const [diagonal, right, belowLeft, below, belowRight] = [make(), make(), make(), make(), make()];
  const cells = Int32Array.from(
    { length: height * width },
    (_, k) => (Math.floor(k / width) + 1) * w + (k % width) + 1,
  );
  const inside = new Set(cells);
  for (const i of cells) {
    const has = (step: number) => (inside.has(i + step) ? 1 : 0);
    [right[i], belowLeft[i], below[i], belowRight[i]] = [has(1), has(w - 1), has(w), has(w + 1)];
    for (const step of [1, w - 1, w, w + 1]) diagonal[i] += has(step) + has(-step);
  }
  diagonal[cells[0]]++;
  diagonal[cells[cells.length - 1]]++;
  return { height, width, cells, diagonal, right, belowLeft, below, belowRight };
}

describe('gridSolver', () => {
  // One unknown, one row, not square, more levels than one, the size of an image.
  test.for([
    [1, 1],
    [1, 300],
    [5, 7],
    [33, 20],
    [224, 224],
  ] as const)(
    'recovers the solution that made the right-hand side, %i × %i, in at most 15 steps',
    ([h, w]) => {
      const system = held(h, w);
      const want = new Float64Array(system.diagonal.length);
      system.cells.forEach((cell, i) => {
        want[cell] = Math.sin(i * 0.7) + i / (h * w);
      });
      const b = new Float64Array(want.length);
      multiply(system, want, b);
      const { values, steps } = gridSolver(system)(b, 0, 1e-11);
      let worst = 0;
      want.forEach((value, i) => {
        worst = Math.max(worst, Math.abs(values[i] - value));
      });
      // The smoothest errors leave a residual only about (h·w)⁻¹ times as large.
      expect(worst).toBeLessThan(1e-6);
      expect(steps).toBeLessThanOrEqual(15);
    },
  );
});
