import { CamError } from '../errors.js';
import { matrixProduct as shader } from '../generated/shaders.js';
import { ceilDiv, defineKernel, expectShape, expectSizes, rank2 } from './define.js';

/**
 * The product of two matrices: `product[r, p] = Σ_k weights[r, k] · x[k, p]`.
 *
 * x `[k, p]`, weights `[r, k]` → `[r, p]`. Terms are added in order; within 1e-5 of the largest value.
 * @throws {CamError} `shape` when x has another rank, or the weights' rows are not as long as x has rows.
 */
export const matrixProduct = defineKernel(shader, { x: 2, weights: 2, product: 2 }, ({ x, weights }) => {
  expectSizes('matrixProduct: x', x);
  const [k, columns] = x;
  if (x.length !== 2) throw refused('[k, p]', x);
  const rows = rowsOf(weights, k);
  return { ...mixed(1, rows, k, columns), output: [rows, columns] };
});

/**
 * Mixes channels by the rows of a matrix: `product[n, r, y, x] = Σ_k weights[r, k] · x[n, k, y, x]`. With a
 * classifier's weights `[C, K]` and a layer's activations these are the maps of all classes.
 *
 * x `[n, k, h, w]`, weights `[r, k]` → `[n, r, h, w]`; otherwise as `matrixProduct`.
 * @throws {CamError} `shape` when x has another rank, or the weights' rows are not as long as x has channels.
 */
export const channelProduct = defineKernel(shader, { x: 4, weights: 2, product: 4 }, ({ x, weights }) => {
  expectSizes('matrixProduct: x', x);
  const [n, k, h, w] = x;
  if (x.length !== 4) throw refused('[n, k, h, w]', x);
  const rows = rowsOf(weights, k);
  return { ...mixed(n, rows, k, h * w), output: [n, rows, h, w] };
});

const refused = (letters: string, x: readonly number[]) =>
  new CamError('shape', `matrixProduct: x: expected ${letters}, got [${x.join(', ')}]`);

function rowsOf(weights: readonly number[], k: number): number {
  const [rows] = rank2('matrixProduct: weights', weights);
  expectShape('matrixProduct: weights', weights, [rows, k], 'one per channel in each row');
  return rows;
}

const mixed = (batch: number, rows: number, terms: number, columns: number) => ({
  params: { batch, rows, terms, columns },
  workgroups: [ceilDiv(columns, 16), ceilDiv(rows, 16), batch] as const,
});
