// What is left of the other components shrinks by λ₂ / λ₁ per step. Beyond so many steps the gap is one that
// float32 does not show.
const STEPS = 100_000;
const SETTLED = 1e-14;

/**
 * `√λ · u` of the largest eigenvalue λ of each symmetric positive semidefinite `m × m` matrix, of either
 * sign, by power iteration in float64.
 */
export function principalComponent(gram: ArrayLike<number>, n: number, m: number): Float64Array {
  const component = new Float64Array(n * m);
  for (let image = 0; image < n; image++) component.set(leading(gram, image * m * m, m), image * m);
  return component;
}

function leading(gram: ArrayLike<number>, first: number, m: number): Float64Array {
  // A start that no structure of the matrix is orthogonal to.
  let vector = Float64Array.from({ length: m }, (_, i) => Math.sin(i + 1));
  let eigenvalue = 0;
  for (let step = 0; step < STEPS; step++) {
    const next = new Float64Array(m);
    for (let i = 0; i < m; i++) for (let j = 0; j < m; j++) next[i] += gram[first + i * m + j] * vector[j];
    eigenvalue = Math.hypot(...next);
    if (eigenvalue === 0) return next;
    let change = 0;
    for (let i = 0; i < m; i++) {
      next[i] /= eigenvalue;
      change = Math.max(change, Math.abs(next[i] - vector[i]));
    }
    vector = next;
    if (change < SETTLED) break;
  }
  return vector.map((value) => value * Math.sqrt(eigenvalue));
}
