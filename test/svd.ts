/**
 * The two largest singular values of a matrix, and the singular vectors of the first, of length 1 (0 for a
 * zero matrix).
 */
export interface Svd {
  readonly sigma: readonly [number, number];
  /** One value per row. */
  readonly left: Float64Array;
  /** One value per column. */
  readonly right: Float64Array;
}

/**
 * Full singular value decomposition in float64 by one-sided Jacobi rotations: pairs of columns are rotated
 * until all are orthogonal. Slow, and as accurate as float64 allows.
 */
export function svd(matrix: ArrayLike<number>, rows: number, columns: number): Svd {
  if (columns > rows) {
    const transposed = Float64Array.from(
      { length: rows * columns },
      (_, i) => matrix[(i % rows) * columns + Math.floor(i / rows)],
    );
    const { sigma, left, right } = svd(transposed, columns, rows);
    return { sigma, left: right, right: left };
  }
  const column = (length: number, value: (i: number) => number) =>
    Float64Array.from({ length }, (_, i) => value(i));
  const u = Array.from({ length: columns }, (_, j) => column(rows, (i) => matrix[i * columns + j]));
  const v = Array.from({ length: columns }, (_, j) => column(columns, (i) => (i === j ? 1 : 0)));
  for (let turned = true; turned; ) {
    turned = false;
    for (let a = 0; a < columns; a++) {
      for (let b = a + 1; b < columns; b++) {
        const [aa, bb, ab] = [dot(u[a], u[a]), dot(u[b], u[b]), dot(u[a], u[b])];
        if (Math.abs(ab) <= 1e-15 * Math.sqrt(aa * bb) || aa * bb === 0) continue;
        turned = true;
        const zeta = (bb - aa) / (2 * ab);
        const t = (zeta < 0 ? -1 : 1) / (Math.abs(zeta) + Math.hypot(1, zeta));
        const c = 1 / Math.hypot(1, t);
        rotate(u[a], u[b], c, c * t);
        rotate(v[a], v[b], c, c * t);
      }
    }
  }
  const lengths = u.map((vector) => Math.sqrt(dot(vector, vector)));
  const order = lengths.map((_, j) => j).sort((a, b) => lengths[b] - lengths[a]);
  const first = order[0];
  const sigma = lengths[first];
  return {
    sigma: [sigma, columns > 1 ? lengths[order[1]] : 0],
    left: u[first].map((value) => (sigma > 0 ? value / sigma : 0)),
    right: v[first].map((value) => (sigma > 0 ? value : 0)),
  };
}

function dot(x: Float64Array, y: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < x.length; i++) sum += x[i] * y[i];
  return sum;
}

function rotate(x: Float64Array, y: Float64Array, c: number, s: number): void {
  for (let i = 0; i < x.length; i++) {
    const [a, b] = [x[i], y[i]];
    x[i] = c * a - s * b;
    y[i] = s * a + c * b;
  }
}
