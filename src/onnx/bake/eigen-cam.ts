/** Eigen-CAM by repeated squaring of the smaller Gram matrix. */

import type { Builder, Value } from '../gradients/builder.js';
import { bodyOf } from './body.js';
import { asOneChannel, largest } from './extremes.js';
import { type BakedMethod, type Ingredients, overPositions, planes } from './method.js';

/**
 * Squarings of the Gram matrix, each of which doubles the power that it stands for. Twelve and seven products
 * by the result make 2^15: what is left of the second component is `(λ₂/λ₁)^32768` of what it was, 6e-15 for
 * a gap `(λ₁ - λ₂) / λ₁` of 0.001, 4e-2 for 0.0001. Rounding to float32 turns the component by 1e-7 / gap, as
 * it does the layer's own.
 */
const SQUARINGS = 12;
const PRODUCTS = 7;

/**
 * Projection of the `h·w × K` matrix, channels centred, on its first principal component, signed so that the
 * inner product with `Σ_k A[k]` (centred) is at least 0. Muhammad & Yeasin, arXiv:2008.00299.
 */
export const eigenCam: BakedMethod = {
  classAgnostic: true,
  readsLayer: true,
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

/** `[n, 1, h, w]`, of any sign. */
function projection({ b, layer, activations }: Ingredients): Value {
  // Of unit size, so that neither squares nor their squares leave float32.
  const most = largest(b, asOneChannel(b, b.op('Abs', [activations])));
  const rows = b.reshape(activations, [0, 0, -1]);
  const x = b.div(rows, orOne(b, b.op('Squeeze', [most, b.ints([3])])));
  const map = b.reshape(smallerOf(b, x), planes(b, layer, layer));
  return b.stated(map, activations.shape?.with(1, 1));
}

/**
 * `[n, 1, positions]`, by the smaller of the two Gram matrices; chosen at run time where lengths are free.
 * @param x `[n, K, positions]`
 */
function smallerOf(b: Builder, x: Value): Value {
  const [, channels, positions] = x.shape ?? [];
  if (typeof channels === 'number' && typeof positions === 'number')
    return positions <= channels ? byPositions(b, x) : byChannels(b, x);
  const length = (axis: number) => b.op('Gather', [b.op('Shape', [x]), b.ints([axis], [])], { axis: 0 });
  return b.op('If', [b.op('LessOrEqual', [length(2), length(1)])], {
    then_branch: bodyOf(b, 'positions', (inner, outer) => byPositions(inner, outer(x))),
    else_branch: bodyOf(b, 'channels', (inner, outer) => byChannels(inner, outer(x))),
  });
}

function byPositions(b: Builder, x: Value): Value {
  const component = leading(b, b.op('MatMul', [b.transpose(x, [0, 2, 1]), x]));
  return b.transpose(component, [0, 2, 1]);
}

function byChannels(b: Builder, x: Value): Value {
  const direction = leading(b, b.op('MatMul', [x, b.transpose(x, [0, 2, 1])]));
  return b.op('MatMul', [b.transpose(direction, [0, 2, 1]), x]);
}

/** The leading eigenvector, `[n, m, 1]`, of symmetric matrices `[n, m, m]`; 0 of zero matrices. */
function leading(b: Builder, gram: Value): Value {
  let power = ofUnitSize(b, gram);
  for (let i = 0; i < SQUARINGS; i++) power = ofUnitSize(b, b.op('MatMul', [power, power]));
  // Each row is the eigenvector times one of its own elements: the longest is the most exact.
  const lengths = b.reduceSum(b.square(power), [2], false);
  const row = b.op('ArgMax', [lengths], { axis: 1, keepdims: 0 });
  const size = b.op('Gather', [b.op('Shape', [lengths]), b.ints([1], [])], { axis: 0 });
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
