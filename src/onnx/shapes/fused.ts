/**
 * Operators of ONNX Runtime's optimiser (`com.microsoft`): shapes are those of the operators that were fused.
 */

import { linearRules } from './linear.js';
import { quantizedRules } from './quantized.js';
import { type Op, type ShapeRule, sameAsInput } from './rule.js';
import { spatialRules } from './spatial.js';

/** A matrix product whose operands may be transposed in their last two axes. */
const fusedMatMul: ShapeRule = (op) => {
  const swapped = (input: number, attribute: string) => {
    const shape = op.shape(input);
    if (!shape || shape.length < 2 || op.int(attribute, 0) === 0) return shape;
    return [...shape.slice(0, -2), shape.at(-1), shape.at(-2)];
  };
  if (op.int('transBatchA', 0) !== 0 || op.int('transBatchB', 0) !== 0) return [undefined];
  const shapes = [swapped(0, 'transA'), swapped(1, 'transB')];
  const plain: Op = {
    ...op,
    node: op.node,
    shape: (input) => shapes[input],
    value: () => undefined,
    int: (_, otherwise) => otherwise,
    ints: () => undefined,
    string: (_, otherwise) => otherwise,
  };
  return linearRules.MatMul(plain);
};

/** By operator, all of the domain `com.microsoft`. */
export const fusedRules: ReadonlyMap<string, ShapeRule> = new Map(
  Object.entries<ShapeRule>({
    ...quantizedRules,
    FusedConv: spatialRules.Conv,
    FusedGemm: linearRules.Gemm,
    FusedMatMul: fusedMatMul,
    Gelu: sameAsInput,
    QuickGelu: sameAsInput,
  }),
);
