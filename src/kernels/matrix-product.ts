import { CamError } from '../errors.js';
import { matrixProduct as shader } from '../generated/shaders.js';
import { ceilDiv, defineKernel, expectShape, expectSizes, rank2 } from './define.js';

/**
 * Mixes channels by the rows of a matrix: `product[n, r, y, x] = Σ_k weights[r, k] · x[n, k, y, x]`. With a
 * classifier's weights `[C, K]` and a layer's activations these are the maps of all classes.
 *
 * x `[n, k, h, w]`, weights `[r, k]` → `[n, r, h, w]`; or x `[k, p]` → `[r, p]`, the product of two matrices.
 * Terms are added in order; within 1e-5 of the largest value.
 * @throws {CamError} `shape` when x has neither rank, or the weights' rows are not as long as x has channels.
 */
export const matrixProduct = defineKernel(shader, ({ x, weights }) => {
  expectSizes('matrixProduct: x', x);
  if (x.length !== 4 && x.length !== 2)
    throw new CamError('shape', `matrixProduct: x: expected [n, k, h, w] or [k, p], got [${x.join(', ')}]`);
  const [n, k, ...rest] = x.length === 4 ? x : [1, ...x];
  const [rows] = rank2('matrixProduct: weights', weights);
  expectShape('matrixProduct: weights', weights, [rows, k], 'one per channel in each row');
  const columns = rest.reduce((product, size) => product * size, 1);
  return {
    params: { batch: n, rows, terms: k, columns },
    output: x.length === 4 ? [n, rows, ...rest] : [rows, ...rest],
    workgroups: [ceilDiv(columns, 16), ceilDiv(rows, 16), n],
  };
});
