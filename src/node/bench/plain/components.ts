/** Gram matrices and first principal components in float64 JavaScript, as one writes them first. */

type Numbers = ArrayLike<number>;

/** Inner products of the `p` columns of `[k, p]`, each taken once. */
export function gram(x: Numbers, k: number, p: number): Float64Array {
  const products = new Float64Array(p * p);
  for (let i = 0; i < p; i++)
    for (let j = 0; j <= i; j++) {
      let sum = 0;
      for (let c = 0; c < k; c++) sum += x[c * p + i] * x[c * p + j];
      products[i * p + j] = sum;
      products[j * p + i] = sum;
    }
  return products;
}

// What is left of the second component shrinks by (λ₂ / λ₁)² per step: enough for float64 at the gaps of
// layers.
const STEPS = 1000;
const SETTLED = 1e-14;

/** `√λ · u` of the largest eigenvalue λ of a symmetric `[m, m]`, by power iteration; of some sign. */
export function principalComponent(matrix: Numbers, m: number): Float64Array {
  let vector = new Float64Array(m).fill(1 / Math.sqrt(m));
  let eigenvalue = 0;
  for (let step = 0; step < STEPS; step++) {
    const next = new Float64Array(m);
    for (let i = 0; i < m; i++) for (let j = 0; j < m; j++) next[i] += matrix[i * m + j] * vector[j];
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

/** `map`, turned where its inner product with `toward` is negative. */
export function alignSign(map: Numbers, toward: Numbers): Float64Array {
  let product = 0;
  for (let i = 0; i < map.length; i++) product += map[i] * toward[i];
  const aligned = new Float64Array(map.length);
  for (let i = 0; i < map.length; i++) aligned[i] = product < 0 ? -map[i] : map[i];
  return aligned;
}

/**
 * Projection of the positions of `[k, p]` on its first principal component, of the sign of the channels' sum.
 */
export function firstComponent(x: Numbers, k: number, p: number): Float64Array {
  const toward = new Float64Array(p);
  for (let i = 0; i < k * p; i++) toward[i % p] += x[i];
  return alignSign(principalComponent(gram(x, k, p), p), toward);
}
