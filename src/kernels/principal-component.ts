import type { Shape } from '../backends/backend.js';
import { CamError } from '../errors.js';
import { principalComponent as shader } from '../generated/shaders.js';
import { defineKernel, rank3 } from './define.js';
import { GRAM_SCALE } from './gram.js';

export interface PrincipalComponentOptions {
  /**
   * `projection`: of length √λ, which for the Gram matrix of rows is their projection; `direction`: of length
   * 1.
   */
  readonly as: 'projection' | 'direction';
  /** Shape of the result: `[n, …]`, with as many values per image as the Gram matrix has rows. */
  readonly shape: Shape;
}

/**
 * The leading eigenvector of each Gram matrix, which `gram` gives: the first principal component of its
 * items, with λ the eigenvalue. Its sign is arbitrary (`alignSign`); where two leading eigenvalues are equal,
 * it is some vector of their space.
 *
 * gram `[n, m, m]`, symmetric and positive semidefinite, m at most 2,048 → `shape`; all 0 for a zero matrix.
 * Lanczos: float64 on wasm (1e-10 of λ), float32 on a GPU. Its error is that of float32 over the gap,
 * `(λ₁ - λ₂) / λ₁`: within 1e-6 / gap of the largest value (wasm: 1e-7 / gap); on a GPU at most 128 steps,
 * which suffice for gaps from 0.002.
 * @throws {CamError} `shape` when gram is not `[n, m, m]` or `shape` does not fit.
 */
export const principalComponent = defineKernel(
  shader,
  { gram: 3, component: 'any' },
  ({ gram }, options: PrincipalComponentOptions) => {
    const [n, m, columns] = rank3('principalComponent: gram', gram);
    if (columns !== m) {
      throw new CamError(
        'shape',
        `principalComponent: gram: expected [${n}, ${m}, ${m}] (square), got [${gram.join(', ')}]`,
      );
    }
    return {
      params: { batch: n, items: m, scale: 1 / GRAM_SCALE, unit: options.as === 'direction' ? 1 : 0 },
      output: options.shape,
      workgroups: [n, 1, 1], // one workgroup per image
    };
  },
);
