/** Eigen-CAM by repeated squaring of the smaller Gram matrix. */

import type { Builder, Value } from '../gradients/builder.js';
import { asOneChannel, largest } from './extremes.js';
import { type BakedMethod, type Ingredients, overPositions, planes, weightedSum } from './method.js';

/**
 * Squarings of the Gram matrix, each of which doubles the power that it stands for. Twelve and seven products by the result
 * make 2^15: what is left of the second component is `(λ₂/λ₁)^32768` of what it was, 4e-15 for a gap `(λ₁ - λ₂) / λ₁` of
 * 0.001, 4e-2 for 0.0001. Rounding adds 2e-7 / gap.
 */
const SQUARINGS = 12;
const PRODUCTS = 7;

/**
 * Projection of the `h·w × K` matrix, channels centred, on its first principal component, signed so that the inner product
 * with `Σ_k A[k]` (centred) is at least 0. Muhammad & Yeasin, arXiv:2008.00299.
 */
export const eigenCam: BakedMethod = {
  classAgnostic: true,
  map: (given) => {
    const { b, layer, activations } = given;
    const mean = b.div(overPositions(b, activations), b.count(layer, [2, 3]));
    const centred = b.stated(b.sub(activations, mean), activations.shape);
    const map = projection({ ...given, activations: centred });
    const toward = b.reduceSum(centred, [1]);
    const product = b.reduceSum(b.mul(map, toward), [1, 2, 3]);
    return b.op('Where', [b.op('Less', [product, b.scalar(0)]), b.neg(map), map]);
  },
};

function projection(given: Ingredients): Value {
  const { b, layer, activations } = given;
  // Of unit size, so that neither squares nor their squares leave float32.
  const rows = b.reshape(activations, [0, 0, -1]);
  const most = largest(b, asOneChannel(b, b.op('Abs', [activations])));
  const x = b.div(rows, orOne(b, b.op('Squeeze', [most, b.ints([3])])));
  const transposed = b.transpose(x, [0, 2, 1]);
  if (fewerPositions(given)) {
    const component = leading(b, b.op('MatMul', [transposed, x]));
    return b.stated(b.reshape(component, planes(b, layer, layer)), activations.shape?.with(1, 1));
  }
  const direction = leading(b, b.op('MatMul', [x, transposed]));
  return weightedSum(given, b.reshape(direction, [0, -1, 1, 1]));
}

/** Where lengths are free, layers are taken to have fewer positions than channels. */
function fewerPositions({ activations }: Ingredients): boolean {
  const [, channels, h, w] = activations.shape ?? [];
  if (typeof channels !== 'number' || typeof h !== 'number' || typeof w !== 'number') return true;
  return h * w <= channels;
}

/** The leading eigenvector, `[n, m, 1]`, of symmetric matrices `[n, m, m]`; 0 of zero matrices. */
function leading(b: Builder, gram: Value): Value {
  let power = ofUnitSize(b, gram);
  for (let i = 0; i < SQUARINGS; i++) power = ofUnitSize(b, b.op('MatMul', [power, power]));
  // Each row is the eigenvector times one of its own elements: the longest is the most exact.
  const lengths = b.reduceSum(b.square(power), [2], false);
  const row = b.op('ArgMax', [lengths], { axis: 1, keepdims: 0 });
  const size = b.op('Slice', [b.op('Shape', [lengths]), b.ints([1]), b.ints([2])]);
  const chosen = b.op('Unsqueeze', [b.op('OneHot', [row, size, b.floats([0, 1])]), b.ints([2])]);
  let vector = b.op('MatMul', [power, chosen]);
  for (let i = 0; i < PRODUCTS; i++) vector = b.op('MatMul', [power, vector]);
  return vector;
}

/** Each matrix by its Frobenius norm, which is at least its largest eigenvalue. */
function ofUnitSize(b: Builder, matrix: Value): Value {
  return b.div(matrix, orOne(b, b.op('Sqrt', [b.reduceSum(b.square(matrix), [1, 2])])));
}

/** A divisor that leaves what is 0 as it is. */
function orOne(b: Builder, x: Value): Value {
  return b.op('Where', [b.op('Greater', [x, b.scalar(0)]), x, b.scalar(1)]);
}
