/** Matrix products and reductions. */

import type { Shape } from '../model.js';
import { einsum } from './einsum.js';
import { broadcast, intsOf, normalAxis, type Op, type ShapeRule } from './rule.js';

const gemm: ShapeRule = (op) => {
  const a = op.shape(0);
  const b = op.shape(1);
  const rows = op.int('transA', 0) ? a?.[1] : a?.[0];
  const columns = op.int('transB', 0) ? b?.[0] : b?.[1];
  return [[rows, columns]];
};

const matMul = (op: Op) => product(op.shape(0), op.shape(1));

/** Scales and zero points stand between the two. */
const qLinearMatMul: ShapeRule = (op) => product(op.shape(0), op.shape(3));

/** The shape of a product of matrices, or of batches of them. */
function product(a: Shape | undefined, b: Shape | undefined): readonly (Shape | undefined)[] {
  if (!a || !b || a.length === 0 || b.length === 0) return [undefined];
  const left: Shape = a.length === 1 ? [1, ...a] : a;
  const right: Shape = b.length === 1 ? [...b, 1] : b;
  const batch = broadcast(left.slice(0, -2), right.slice(0, -2));
  const rows = a.length === 1 ? [] : [left.at(-2)];
  const columns = b.length === 1 ? [] : [right.at(-1)];
  return [[...batch, ...rows, ...columns]];
}

/** Axes are an attribute in old opsets, an input since 13 (ReduceSum) or 18 (the others). */
const reduce: ShapeRule = (op) => {
  const input = op.shape(0);
  if (!input) return [undefined];
  const given = op.node.inputs[1] ? intsOf(op, 'axes', 1) : (op.ints('axes') ?? []);
  const keep = op.int('keepdims', 1) === 1;
  if (!given) return [keep ? input.map(() => undefined) : undefined];
  if (given.length === 0 && op.int('noop_with_empty_axes', 0) === 1) return [input];
  const axes = new Set(given.map((axis) => normalAxis(axis, input.length)));
  const reduced = (i: number) => axes.size === 0 || axes.has(i);
  return [keep ? input.map((dim, i) => (reduced(i) ? 1 : dim)) : input.filter((_, i) => !reduced(i))];
};

/** ArgMax, ArgMin: one axis, an attribute in every opset. */
const argReduce: ShapeRule = (op) => {
  const input = op.shape(0);
  if (!input) return [undefined];
  const axis = normalAxis(op.int('axis', 0), input.length);
  const keep = op.int('keepdims', 1) === 1;
  return [keep ? input.map((dim, i) => (i === axis ? 1 : dim)) : input.filter((_, i) => i !== axis)];
};

const reductions = ['L1', 'L2', 'LogSum', 'LogSumExp', 'Max', 'Mean', 'Min', 'Prod', 'Sum', 'SumSquare'];

export const linearRules: Readonly<Record<string, ShapeRule>> = {
  Gemm: gemm,
  MatMul: matMul,
  MatMulInteger: matMul,
  QLinearMatMul: qLinearMatMul,
  Einsum: einsum,
  ArgMax: argReduce,
  ArgMin: argReduce,
  ...Object.fromEntries(reductions.map((name) => [`Reduce${name}`, reduce])),
};
