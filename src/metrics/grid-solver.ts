import {
  type Coarsening,
  coarsen,
  type GridSystem,
  multiply,
  prolong,
  restrictSwept,
  sweep,
  sweepFromZero,
} from './grid.js';

/** A system, its version on half the grid, and working memory. */
interface Level {
  readonly system: GridSystem;
  /** Missing on the last level. */
  readonly next?: Coarsening;
  readonly right: Float64Array;
  readonly solution: Float64Array;
}

export interface GridSolution {
  /** On the grid including its rim; 0 where there is no unknown. */
  readonly values: Float64Array;
  /** Number of steps of conjugate gradients. */
  readonly steps: number;
}

const COARSEST = 30;
const SWEEPS = 8;

/**
 * Solves systems that share one matrix, by conjugate gradients. A multigrid cycle is the preconditioner, so
 * the number of steps hardly depends on the size of the hole to fill. Right-hand sides lie on the grid
 * including its rim.
 */
export function gridSolver(
  finest: GridSystem,
): (b: Float64Array, start: number, tolerance: number) => GridSolution {
  const levels: Level[] = [];
  for (let system: GridSystem | undefined = finest; system; system = levels.at(-1)?.next?.coarse) {
    const { length } = system.diagonal;
    const memory = { right: new Float64Array(length), solution: new Float64Array(length) };
    levels.push({ system, next: halved(system), ...memory });
  }
  return (b, start, tolerance) => conjugateGradients(levels, b, start, tolerance);
}

function halved(system: GridSystem): Coarsening | undefined {
  const { length } = system.cells;
  if (length <= COARSEST) return undefined;
  const next = coarsen(system);
  // Single cells far apart do not become fewer on a coarser grid. They need none: all their neighbours are
  // known.
  return next.coarse.cells.length < 0.8 * length ? next : undefined;
}

/** Starts from the constant `start` and stops when no residual exceeds `tolerance`. */
function conjugateGradients(
  levels: readonly Level[],
  b: Float64Array,
  start: number,
  tolerance: number,
): GridSolution {
  const [{ system, right: residual, solution: preconditioned }] = levels;
  const { cells } = system;
  const [x, direction, product] = [0, 1, 2].map(() => new Float64Array(b.length));
  for (let k = 0; k < cells.length; k++) x[cells[k]] = start;
  multiply(system, x, product);
  let worst = 0;
  for (let k = 0; k < cells.length; k++) {
    const i = cells[k];
    residual[i] = b[i] - product[i];
    worst = Math.max(worst, Math.abs(residual[i]));
  }
  let [last, steps] = [0, 0];
  // In exact arithmetic as many steps as unknowns suffice; rounding needs a few more on tiny systems.
  for (; worst > tolerance && steps < cells.length + 50; steps++) {
    cycle(levels, 0);
    let energy = 0;
    for (let k = 0; k < cells.length; k++) energy += residual[cells[k]] * preconditioned[cells[k]];
    const keep = steps === 0 ? 0 : energy / last;
    for (let k = 0; k < cells.length; k++) {
      const i = cells[k];
      direction[i] = preconditioned[i] + keep * direction[i];
    }
    multiply(system, direction, product);
    let curvature = 0;
    for (let k = 0; k < cells.length; k++) curvature += direction[cells[k]] * product[cells[k]];
    const length = energy / curvature;
    worst = 0;
    for (let k = 0; k < cells.length; k++) {
      const i = cells[k];
      x[i] += length * direction[i];
      residual[i] -= length * product[i];
      worst = Math.max(worst, Math.abs(residual[i]));
    }
    last = energy;
  }
  return { values: x, steps };
}

/**
 * `solution ≈ A⁻¹ right`, on this level and the coarser ones. Each sweep has its mirror image, so the
 * approximation is symmetric: conjugate gradients need that.
 */
function cycle(levels: readonly Level[], depth: number): void {
  const { system, next, right, solution } = levels[depth];
  sweepFromZero(system, right, solution);
  if (next === undefined) {
    for (let s = 1; s < SWEEPS; s++) {
      sweep(system, right, solution, -1);
      sweep(system, right, solution, 1);
    }
  } else {
    const below = levels[depth + 1];
    restrictSwept(system, next, solution, below.right);
    cycle(levels, depth + 1);
    prolong(system, next, below.solution, solution);
  }
  sweep(system, right, solution, -1);
}
