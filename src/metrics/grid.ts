/**
 * A symmetric, positive definite system on part of a grid:
 * `diagonal[i] · x[i] - Σ tie · x[neighbour] = b[i]`, each unknown tied to at most its eight neighbours.
 * Every array covers the grid plus a rim of one cell, row by row, with 0 where there is no unknown. So a
 * neighbour lies at a fixed offset, and an absent one reads as 0.
 */
export interface GridSystem {
  /** Without the rim. */
  readonly height: number;
  readonly width: number;
  /** Indices of the unknowns in the grid including its rim, ascending. */
  readonly cells: Int32Array;
  readonly diagonal: Float64Array;
  /**
   * Ties to the four neighbours that come later. Ties to earlier neighbours are stored with those neighbours.
   */
  readonly right: Float64Array;
  readonly belowLeft: Float64Array;
  readonly below: Float64Array;
  readonly belowRight: Float64Array;
}

/** Width of a grid including its rim. */
export const stride = (width: number): number => width + 2;

/** Number of cells of a grid including its rim. */
export const cellCount = (height: number, width: number): number => (height + 2) * stride(width);

/** `out = A · x`. */
export function multiply(system: GridSystem, x: Float64Array, out: Float64Array): void {
  const { cells, diagonal, right, belowLeft, below, belowRight } = system;
  const w = stride(system.width);
  for (let k = 0; k < cells.length; k++) {
    const i = cells[k];
    const later =
      right[i] * x[i + 1] + belowLeft[i] * x[i + w - 1] + below[i] * x[i + w] + belowRight[i] * x[i + w + 1];
    const earlier =
      right[i - 1] * x[i - 1] +
      belowLeft[i - w + 1] * x[i - w + 1] +
      below[i - w] * x[i - w] +
      belowRight[i - w - 1] * x[i - w - 1];
    out[i] = diagonal[i] * x[i] - later - earlier;
  }
}

/** One forward Gauss-Seidel sweep from 0: neighbours that come later count as 0, whatever `x` holds. */
export function sweepFromZero(system: GridSystem, b: Float64Array, x: Float64Array): void {
  const { cells, diagonal, right, belowLeft, below, belowRight } = system;
  const w = stride(system.width);
  for (let k = 0; k < cells.length; k++) {
    const i = cells[k];
    const earlier =
      right[i - 1] * x[i - 1] +
      belowLeft[i - w + 1] * x[i - w + 1] +
      below[i - w] * x[i - w] +
      belowRight[i - w - 1] * x[i - w - 1];
    x[i] = (b[i] + earlier) / diagonal[i];
  }
}

/** One Gauss-Seidel sweep, forwards or backwards. */
export function sweep(system: GridSystem, b: Float64Array, x: Float64Array, way: 1 | -1): void {
  const { cells, diagonal, right, belowLeft, below, belowRight } = system;
  const w = stride(system.width);
  const count = cells.length;
  for (let n = 0, k = way === 1 ? 0 : count - 1; n < count; n++, k += way) {
    const i = cells[k];
    const later =
      right[i] * x[i + 1] + belowLeft[i] * x[i + w - 1] + below[i] * x[i + w] + belowRight[i] * x[i + w + 1];
    const earlier =
      right[i - 1] * x[i - 1] +
      belowLeft[i - w + 1] * x[i - w + 1] +
      below[i - w] * x[i - w] +
      belowRight[i - w - 1] * x[i - w - 1];
    x[i] = (b[i] + later + earlier) / diagonal[i];
  }
}

/** How the unknowns of a grid depend on those of every second row and column: bilinear interpolation. */
export interface Coarsening {
  readonly coarse: GridSystem;
  /** One per unknown of the fine grid: the coarse cell above and to the left, or its own. */
  readonly parents: Int32Array;
  /** One per unknown: 1 where it lies between two columns, plus 2 where it lies between two rows. */
  readonly between: Uint8Array;
}

/** The system for corrections on a grid of half the size (Galerkin: `Pᵀ A P`). */
export function coarsen(fine: GridSystem): Coarsening {
  const { cells } = fine;
  const from = stride(fine.width);
  const [height, width] = [(fine.height >> 1) + 1, (fine.width >> 1) + 1];
  const w = stride(width);
  const make = () => new Float64Array(cellCount(height, width));
  const [diagonal, right, belowLeft, below, belowRight] = [make(), make(), make(), make(), make()];
  const parents = new Int32Array(cells.length);
  const between = new Uint8Array(cells.length);
  cells.forEach((i, k) => {
    const [y, x] = [Math.floor(i / from) - 1, (i % from) - 1];
    parents[k] = ((y >> 1) + 1) * w + (x >> 1) + 1;
    between[k] = (x & 1) + 2 * (y & 1);
  });
  // Pairs each parent of an unknown with each parent of a later neighbour (or of the unknown itself); the
  // product of both shares weights the pair.
  const offsets = [0, 1, w, w + 1];
  const kinds = [[0], [0, 1], [0, 2], [0, 1, 2, 3]].map((list) => list.map((at) => offsets[at]));
  const at = new Int32Array(cellCount(fine.height, fine.width)).fill(-1);
  cells.forEach((i, k) => {
    at[i] = k;
  });
  const add = (k: number, other: number, value: number): void => {
    const [own, others] = [kinds[between[k]], kinds[between[other]]];
    const part = value / (own.length * others.length);
    for (let m = 0; m < own.length; m++) {
      const a = parents[k] + own[m];
      for (let n = 0; n < others.length; n++) {
        const b = parents[other] + others[n];
        const apart = Math.abs(b - a);
        const first = Math.min(a, b);
        if (apart === 0) diagonal[a] += k === other ? part : 2 * part;
        // An unknown's own parents meet twice, as (a, b) and as (b, a); a tie is stored once.
        else if (k === other && a > b) continue;
        else if (apart === 1) right[first] -= part;
        else if (apart === w) below[first] -= part;
        else if (apart === w + 1) belowRight[first] -= part;
        else belowLeft[first] -= part;
      }
    }
  };
  cells.forEach((i, k) => {
    add(k, k, fine.diagonal[i]);
    if (fine.right[i] !== 0) add(k, at[i + 1], -fine.right[i]);
    if (fine.belowLeft[i] !== 0) add(k, at[i + from - 1], -fine.belowLeft[i]);
    if (fine.below[i] !== 0) add(k, at[i + from], -fine.below[i]);
    if (fine.belowRight[i] !== 0) add(k, at[i + from + 1], -fine.belowRight[i]);
  });
  const found: number[] = [];
  for (let a = 0; a < diagonal.length; a++) if (diagonal[a] > 0) found.push(a);
  const coarse = {
    height,
    width,
    cells: new Int32Array(found),
    diagonal,
    right,
    belowLeft,
    below,
    belowRight,
  };
  return { coarse, parents, between };
}

/**
 * `out = Pᵀ (b - A x)`, where x is the result of `sweepFromZero` for b. Each unknown had no residual when it
 * was swept, so its residual comes from its later neighbours alone.
 */
export function restrictSwept(
  fine: GridSystem,
  { coarse, parents, between }: Coarsening,
  x: Float64Array,
  out: Float64Array,
): void {
  const { cells, right, belowLeft, below, belowRight } = fine;
  const from = stride(fine.width);
  const w = stride(coarse.width);
  out.fill(0);
  for (let k = 0; k < cells.length; k++) {
    const i = cells[k];
    const p = parents[k];
    const kind = between[k];
    const left =
      right[i] * x[i + 1] +
      belowLeft[i] * x[i + from - 1] +
      below[i] * x[i + from] +
      belowRight[i] * x[i + from + 1];
    if (kind === 0) {
      out[p] += left;
    } else if (kind === 3) {
      out[p] += left / 4;
      out[p + 1] += left / 4;
      out[p + w] += left / 4;
      out[p + w + 1] += left / 4;
    } else {
      out[p] += left / 2;
      out[p + (kind === 1 ? 1 : w)] += left / 2;
    }
  }
}

/** `x += P coarse`. */
export function prolong(
  fine: GridSystem,
  { coarse, parents, between }: Coarsening,
  from: Float64Array,
  x: Float64Array,
): void {
  const { cells } = fine;
  const w = stride(coarse.width);
  for (let k = 0; k < cells.length; k++) {
    const p = parents[k];
    const kind = between[k];
    if (kind === 0) x[cells[k]] += from[p];
    else if (kind === 1) x[cells[k]] += (from[p] + from[p + 1]) / 2;
    else if (kind === 2) x[cells[k]] += (from[p] + from[p + w]) / 2;
    else x[cells[k]] += (from[p] + from[p + 1] + from[p + w] + from[p + w + 1]) / 4;
  }
}
