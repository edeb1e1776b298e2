/**
 * Operators that are constant almost everywhere, or whose outputs are no real numbers: cotangents end here.
 */

import { type GradientRules, stop } from './rule.js';

const names =
  `And ArgMax ArgMin Bernoulli BitShift BitwiseAnd BitwiseNot BitwiseOr BitwiseXor Ceil ConstantOfShape Equal
  EyeLike Floor Greater GreaterOrEqual Hardmax IsInf IsNaN Less LessOrEqual Multinomial NonZero Not OneHot Or
  RandomNormalLike RandomUniformLike Range Round Shape Sign Size Xor`.split(/\s+/);

export const rules: GradientRules = Object.fromEntries(names.map((name) => [name, stop]));
