/** Operators that keep a shape, or broadcast several into one. */

import { broadcast, type ShapeRule, sameAsInput } from './rule.js';

const unary = `Abs Acos Acosh Asin Asinh Atan Atanh BitwiseNot Cast CastLike Ceil Celu Clip Cos Cosh CumSum
  Elu Erf Exp Floor Gelu HardSigmoid HardSwish Hardmax Identity IsInf IsNaN LeakyRelu Log LogSoftmax LpNormalization
  LRN MeanVarianceNormalization Mish Neg Not PRelu QuantizeLinear DequantizeLinear Reciprocal Relu Round Selu Shrink
  Sigmoid Sign Sin Sinh Softmax Softplus Softsign Sqrt Tan Tanh ThresholdedRelu Trilu
  InstanceNormalization GroupNormalization`.split(/\s+/);

const variadic =
  `Add And BitShift BitwiseAnd BitwiseOr BitwiseXor Div Equal Greater GreaterOrEqual Less LessOrEqual
  Max Mean Min Mod Mul Or Pow Sub Sum Where Xor`.split(/\s+/);

const broadcastAll: ShapeRule = (op) => {
  const [first, ...others] = op.node.inputs.map((_, i) => op.shape(i));
  return [others.reduce((a, b) => a && b && broadcast(a, b), first)];
};

/** Further outputs (Dropout's mask) have the shape of the first. */
const withMask: ShapeRule = (op) => op.node.outputs.map(() => op.shape(0));

/** Further outputs of training mode are per-channel statistics. */
const batchNormalization: ShapeRule = (op) => op.node.outputs.map((_, i) => op.shape(i === 0 ? 0 : 1));

/** Further outputs are mean and deviation over the normalised axes, kept with length 1. */
const layerNormalization: ShapeRule = (op) => {
  const input = op.shape(0);
  const axis = op.int('axis', -1);
  const from = input && axis < 0 ? axis + input.length : axis;
  const statistics = input?.map((dim, i) => (i < from ? dim : 1));
  return op.node.outputs.map((_, i) => (i === 0 ? input : statistics));
};

/** Behind the integers come their one scale and zero point. */
const dynamicQuantizeLinear: ShapeRule = (op) => [op.shape(0), [], []];

export const elementwiseRules: Readonly<Record<string, ShapeRule>> = {
  ...Object.fromEntries(unary.map((name) => [name, sameAsInput])),
  ...Object.fromEntries(variadic.map((name) => [name, broadcastAll])),
  Dropout: withMask,
  DynamicQuantizeLinear: dynamicQuantizeLinear,
  BatchNormalization: batchNormalization,
  LayerNormalization: layerNormalization,
};
