/** Matrix products: Gemm and MatMul; Einsum has a file of its own. */

import { floatAttribute, intAttribute } from '../attributes.js';
import type { Node } from '../model.js';
import { float } from '../write.js';
import { range, rankOf } from './axes.js';
import type { Builder, Value } from './builder.js';
import { einsum } from './einsum.js';
import { type GradientRules, ofOutput } from './rule.js';

/**
 * Y = alpha·A'·B' + beta·C, where ' transposes or not: dA' = alpha·G·B'ᵀ and dB' = alpha·A'ᵀ·G, each computed
 * transposed where its operand is.
 */
const gemm = ofOutput((node, g, b) => {
  const [first, second, third] = node.inputs;
  const transA = intAttribute(node, 'transA', 0);
  const transB = intAttribute(node, 'transB', 0);
  const alpha = floatAttribute(node, 'alpha', 1);
  const [x, y] = [b.forward(first), b.forward(second)];
  const product = (left: Value, transLeft: number, right: Value, transRight: number) =>
    b.op('Gemm', [left, right], {
      ...(alpha !== 1 && { alpha: float(alpha) }),
      ...(transLeft && { transA: 1 }),
      ...(transRight && { transB: 1 }),
    });
  return [
    transA ? product(y, transB, g, 1) : product(g, 0, y, 1 - transB),
    transB ? product(g, 1, x, transA) : product(x, 1 - transA, g, 0),
    third ? b.scale(b.sumTo(g, third), floatAttribute(node, 'beta', 1)) : undefined,
  ];
});

const matMul = ofOutput((node, g, b) => {
  const [first, second] = node.inputs;
  return matrixCotangents(node, g, { x: b.forward(first), y: b.forward(second) }, b);
});

/**
 * The cotangents of a product's two operands.
 * @param factors  The operands as real numbers: those of integers are less their zero points.
 */
export function matrixCotangents(
  node: Node,
  g: Value,
  factors: Pick<Operands, 'x' | 'y'>,
  b: Builder,
): readonly Value[] {
  const { x, y } = factors;
  const [first, second] = node.inputs;
  const ranks = [rankOf(node, first, b), rankOf(node, second, b)] as const;
  if (ranks[1] === 1) return byVector(g, { first, second, x, y }, b);
  if (ranks[0] === 1) return ofVector(g, { first, second, x, y }, b);
  return [left(g, first, y, ranks, b), right(g, x, second, ranks, b)];
}

interface Operands {
  readonly first: string;
  readonly second: string;
  readonly x: Value;
  readonly y: Value;
}

/** z[…] = Σk x[…, k]·y[k] */
function byVector(g: Value, { first, second, x, y }: Operands, b: Builder): readonly Value[] {
  const column = b.op('Unsqueeze', [g, b.ints([-1])]);
  return [b.stated(b.mul(column, y), b.staticShape(first)), b.sumTo(b.mul(column, x), second)];
}

/** z[…, n] = Σk x[k]·y[…, k, n] */
function ofVector(g: Value, { first, second, x, y }: Operands, b: Builder): readonly Value[] {
  const row = b.op('Unsqueeze', [g, b.ints([-2])]);
  const column = b.op('Unsqueeze', [x, b.ints([-1])]);
  return [
    b.sumTo(b.reduceSum(b.mul(row, y), [-1], false), first),
    b.stated(b.mul(column, row), b.staticShape(second)),
  ];
}

type Ranks = readonly [number, number];

/** G·Yᵀ, summed over the batches that x was broadcast along. */
function left(g: Value, first: string, y: Value, [rank, other]: Ranks, b: Builder): Value {
  const product =
    rank === 2 && other === 2
      ? b.op('Gemm', [g, y], { transB: 1 })
      : b.op('MatMul', [g, swapped(y, other, b)]);
  return unbroadcast(product, first, other, b);
}

/**
 * Xᵀ·G, summed over the batches that y was broadcast along; where y is one matrix, in one product over all of
 * them.
 */
function right(g: Value, x: Value, second: string, [other, rank]: Ranks, b: Builder): Value {
  const rows = (value: Value) => (other === 2 ? value : b.op('Flatten', [value], { axis: other - 1 }));
  const product =
    rank === 2 ? b.op('Gemm', [rows(x), rows(g)], { transA: 1 }) : b.op('MatMul', [swapped(x, other, b), g]);
  return unbroadcast(product, second, rank === 2 ? rank : other, b);
}

/**
 * One matrix is broadcast against nothing: only an operand of more axes than two can have been repeated along
 * a batch.
 */
function unbroadcast(product: Value, tensor: string, otherRank: number, b: Builder): Value {
  return otherRank === 2 ? b.stated(product, b.staticShape(tensor)) : b.sumTo(product, tensor);
}

/** The matrices transposed. */
function swapped(x: Value, rank: number, b: Builder): Value {
  return b.transpose(x, [...range(0, rank - 2), rank - 1, rank - 2]);
}

export const rules: GradientRules = { Gemm: gemm, MatMul: matMul, Einsum: einsum };
