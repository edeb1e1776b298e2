/**
 * Operators on quantised tensors of ONNX Runtime (`com.microsoft`): data inputs stand among their scales and
 * zero points, and shapes are those of the operators on real numbers.
 */

import { layoutRules } from './layout.js';
import { linearRules } from './linear.js';
import { broadcast, type Op, type ShapeRule, sameAsInput } from './rule.js';
import { spatialRules } from './spatial.js';

/** The rule of the operator on real numbers, whose inputs are these of the quantised one. */
function on(inputs: readonly number[], rule: ShapeRule): ShapeRule {
  return (op) => {
    const at = (input: number): number => inputs[input] ?? -1;
    const node = { ...op.node, inputs: inputs.map((input) => op.node.inputs[input] ?? '') };
    return rule({ ...open(op), node, shape: (i) => op.shape(at(i)), value: (i) => op.value(at(i)) });
  };
}

/** The rule of an operator that takes and gives channels last where its attribute says so. */
function eitherLayout(rule: ShapeRule): ShapeRule {
  return (op) => {
    if (op.int('channels_last', 0) === 0) return rule(op);
    const first = (shape = op.shape(0)) => shape && [shape[0], shape.at(-1), ...shape.slice(1, -1)];
    const [made] = rule({ ...open(op), shape: (input) => (input === 0 ? first() : op.shape(input)) });
    return [made && [made[0], ...made.slice(2), made[1]]];
  };
}

/** All that a rule reads of a node, to be changed in part. */
const open = (op: Op): Op => ({
  node: op.node,
  opset: op.opset,
  shape: (input) => op.shape(input),
  value: (input) => op.value(input),
  int: (attribute, otherwise) => op.int(attribute, otherwise),
  ints: (attribute) => op.ints(attribute),
  string: (attribute, otherwise) => op.string(attribute, otherwise),
});

/** Inputs: x, scale, zero point, y, scale, zero point, and those of the output. */
const binary: ShapeRule = (op) => {
  const [a, b] = [op.shape(0), op.shape(3)];
  return [a && b && broadcast(a, b)];
};

/** Inputs: scale and zero point of the output, then x, scale, zero point of each operand. */
const concat: ShapeRule = (op) =>
  on(
    op.node.inputs.flatMap((_, i) => (i >= 2 && (i - 2) % 3 === 0 ? [i] : [])),
    layoutRules.Concat,
  )(op);

/** By operator, all of the domain `com.microsoft`. */
export const quantizedRules: Readonly<Record<string, ShapeRule>> = {
  QuantizeLinear: sameAsInput,
  DequantizeLinear: sameAsInput,
  QLinearSigmoid: sameAsInput,
  QLinearLeakyRelu: sameAsInput,
  QLinearSoftmax: sameAsInput,
  QLinearAdd: binary,
  QLinearMul: binary,
  QLinearConcat: concat,
  QLinearWhere: (op) => {
    const shapes = [op.shape(0), op.shape(1), op.shape(4)];
    return [shapes.reduce((a, b) => a && b && broadcast(a, b))];
  },
  QLinearReduceMean: on([0], linearRules.ReduceMean),
  QLinearGlobalAveragePool: eitherLayout(spatialRules.GlobalAveragePool),
  QLinearAveragePool: eitherLayout(spatialRules.AveragePool),
  QLinearConv: eitherLayout(spatialRules.QLinearConv),
  QGemm: on([0, 3], linearRules.Gemm),
  MatMulIntegerToFloat: linearRules.MatMul,
  DynamicQuantizeMatMul: linearRules.MatMul,
};
