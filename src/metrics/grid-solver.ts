/**
 * A symmetric, positive definite system on part of a grid: `diagonal[i] · x[i] - Σ weights · x[neighbours] = b[i]`, each unknown tied to
 * at most its eight neighbours.
 */
export interface GridSystem {
  /** Grid position of each unknown. */
  readonly y: Int32Array;
  readonly x: Int32Array;
  readonly diagonal: Float64Array;
  /** Eight per unknown, at `slotOf` of their offset: an index, or the number of unknowns for none. */
  readonly neighbours: Int32Array;
  /** One per neighbour, 0 for none. */
  readonly weights: Float64Array;
}

/** Place of the neighbour at `dy`, `dx` (each -1, 0, 1, not both 0) among the eight. */
export const slotOf = (dy: number, dx: number): number => {
  const cell = (dy + 1) * 3 + dx + 1;
  return cell < 4 ? cell : cell - 1;
};

/** A system, what it becomes on cells of 2 × 2, and room to work in. Vectors have a 0 behind their end: the absent neighbour. */
interface Level {
  readonly system: GridSystem;
  readonly size: number;
  /** Index of the coarse cell of each unknown; empty on the last level. */
  readonly cell: Int32Array;
  readonly right: Float64Array;
  readonly solution: Float64Array;
}

export interface GridSolution {
  /** One per unknown. */
  readonly values: Float64Array;
  /** Of conjugate gradients. */
  readonly steps: number;
}

const COARSEST = 30;
const SWEEPS = 8;

// Cells that are constant inside are too stiff, in two dimensions by 2: their correction is scaled up (Braess 1995).
const STRETCH = 1.8;

/**
 * Solves systems with one matrix: conjugate gradients, preconditioned by a multigrid cycle, so that the number of steps hardly
 * depends on the size of the hole to fill.
 */
export function gridSolver(
  finest: GridSystem,
): (b: Float64Array, start: number, tolerance: number) => GridSolution {
  const levels: Level[] = [];
  for (let system = finest; ; ) {
    const size = system.diagonal.length;
    const last = size <= COARSEST;
    const [coarse, cell] = last ? [system, new Int32Array(0)] : coarsen(system);
    // A hole that falls apart into single cells does not get smaller.
    const stuck = !last && coarse.diagonal.length === size;
    levels.push({
      system,
      size,
      cell: stuck ? new Int32Array(0) : cell,
      right: new Float64Array(size),
      solution: new Float64Array(size + 1),
    });
    if (last || stuck) break;
    system = coarse;
  }
  return (b, start, tolerance) => conjugateGradients(levels, b, start, tolerance);
}

/** Until no residual exceeds `tolerance`, from the constant `start`. */
function conjugateGradients(
  levels: readonly Level[],
  b: Float64Array,
  start: number,
  tolerance: number,
): GridSolution {
  const [{ system, size, right: residual, solution: preconditioned }] = levels;
  const x = new Float64Array(size + 1).fill(start, 0, size);
  const direction = new Float64Array(size + 1);
  const product = new Float64Array(size);
  multiply(system, x, product);
  for (let i = 0; i < size; i++) residual[i] = b[i] - product[i];
  let [last, step] = [0, 0];
  // In exact arithmetic `size` steps suffice; rounding needs a few more on tiny systems.
  for (; step < size + 50; step++) {
    let worst = 0;
    for (let i = 0; i < size; i++) worst = Math.max(worst, Math.abs(residual[i]));
    if (worst <= tolerance) break;
    cycle(levels, 0);
    let energy = 0;
    for (let i = 0; i < size; i++) energy += residual[i] * preconditioned[i];
    const keep = step === 0 ? 0 : energy / last;
    for (let i = 0; i < size; i++) direction[i] = preconditioned[i] + keep * direction[i];
    multiply(system, direction, product);
    let curvature = 0;
    for (let i = 0; i < size; i++) curvature += direction[i] * product[i];
    const length = energy / curvature;
    for (let i = 0; i < size; i++) {
      x[i] += length * direction[i];
      residual[i] -= length * product[i];
    }
    last = energy;
  }
  return { values: x.subarray(0, size), steps: step };
}

/** `solution ≈ A⁻¹ right` on a level and below. The sweeps mirror one another, so the approximation is symmetric, as conjugate gradients need. */
function cycle(levels: readonly Level[], depth: number): void {
  const { system, size, cell, right, solution } = levels[depth];
  solution.fill(0);
  const coarse = levels[depth + 1];
  if (coarse === undefined) {
    for (let s = 0; s < SWEEPS; s++) {
      sweep(system, right, solution, 1);
      sweep(system, right, solution, -1);
    }
    return;
  }
  sweep(system, right, solution, 1);
  coarse.right.fill(0);
  for (let i = 0; i < size; i++) coarse.right[cell[i]] += right[i] - row(system, solution, i);
  cycle(levels, depth + 1);
  for (let i = 0; i < size; i++) solution[i] += STRETCH * coarse.solution[cell[i]];
  sweep(system, right, solution, -1);
}

/** Gauss-Seidel through all unknowns, forwards or backwards. */
function sweep(system: GridSystem, b: Float64Array, x: Float64Array, way: 1 | -1): void {
  const size = b.length;
  for (let k = 0, i = way === 1 ? 0 : size - 1; k < size; k++, i += way)
    x[i] += (b[i] - row(system, x, i)) / system.diagonal[i];
}

/** `out = A · x`. */
function multiply(system: GridSystem, x: Float64Array, out: Float64Array): void {
  for (let i = 0; i < out.length; i++) out[i] = row(system, x, i);
}

/** Row i of `A · x`. */
function row({ diagonal, neighbours: to, weights: w }: GridSystem, x: Float64Array, i: number): number {
  const k = 8 * i;
  return (
    diagonal[i] * x[i] -
    (w[k] * x[to[k]] + w[k + 1] * x[to[k + 1]] + w[k + 2] * x[to[k + 2]] + w[k + 3] * x[to[k + 3]]) -
    (w[k + 4] * x[to[k + 4]] + w[k + 5] * x[to[k + 5]] + w[k + 6] * x[to[k + 6]] + w[k + 7] * x[to[k + 7]])
  );
}

/** The system for one value per cell of 2 × 2 (Galerkin, piecewise constant), and each unknown's cell. */
function coarsen({ y, x, diagonal, neighbours, weights }: GridSystem): [GridSystem, Int32Array] {
  const size = diagonal.length;
  const width = x.reduce((max, value) => Math.max(max, value), 0) + 2;
  const index = new Map<number, number>();
  const cell = new Int32Array(size);
  for (let i = 0; i < size; i++) {
    const at = (y[i] >> 1) * width + (x[i] >> 1);
    const known = index.get(at);
    cell[i] = known ?? index.size;
    if (known === undefined) index.set(at, index.size);
  }
  const cells = index.size;
  const coarse = {
    y: new Int32Array(cells),
    x: new Int32Array(cells),
    diagonal: new Float64Array(cells),
    neighbours: new Int32Array(8 * cells).fill(cells),
    weights: new Float64Array(8 * cells),
  };
  for (let i = 0; i < size; i++) {
    const c = cell[i];
    coarse.y[c] = y[i] >> 1;
    coarse.x[c] = x[i] >> 1;
    coarse.diagonal[c] += diagonal[i];
    for (let k = 8 * i; k < 8 * i + 8; k++) {
      const j = neighbours[k];
      if (j === size) continue;
      if (cell[j] === c) {
        coarse.diagonal[c] -= weights[k];
        continue;
      }
      const slot = 8 * c + slotOf((y[j] >> 1) - coarse.y[c], (x[j] >> 1) - coarse.x[c]);
      coarse.neighbours[slot] = cell[j];
      coarse.weights[slot] += weights[k];
    }
  }
  return [coarse, cell];
}
