/** Element-wise arithmetic, with broadcasting. */

import { intAttribute } from '../attributes.js';
import { dataTypes } from '../model.js';
import type { Builder, Value } from './builder.js';
import { type GradientRule, type GradientRules, notCovered, ofOutput } from './rule.js';

/** y = f(x): the cotangent times f'. */
function unary(derivative: (g: Value, x: () => Value, y: () => Value, b: Builder) => Value): GradientRule {
  return ofOutput(({ inputs: [x], outputs: [y] }, g, b) => [
    derivative(
      g,
      () => b.forward(x),
      () => b.forward(y),
      b,
    ),
  ]);
}

const same: GradientRule = ofOutput((_, g) => [g]);

/** z = x / y, so dz/dy = -z / y. */
const div = ofOutput(({ inputs: [x, y], outputs: [z] }, g, b) => {
  const share = b.div(g, b.forward(y));
  return [b.sumTo(share, x), b.neg(b.sumTo(b.mul(share, b.forward(z)), y))];
});

/** z = xᵖ. d/dx = p·xᵖ⁻¹, 0 where p = 0; d/dp = z·ln x, 0 where x = 0 and p ≥ 0. */
const pow = ofOutput(({ inputs: [x, p], outputs: [z] }, g, b) => {
  const base = b.forward(x);
  const exponent = b.forward(p);
  const zero = b.scalar(0);
  const flat = b.op('And', [b.op('Equal', [base, zero]), b.op('GreaterOrEqual', [exponent, zero])]);
  const growth = b.op('Where', [flat, zero, b.mul(b.forward(z), b.op('Log', [base]))]);
  return [b.sumTo(b.mul(g, slope(base, exponent, b)), x), b.sumTo(b.mul(g, growth), p)];
});

/** p·xᵖ⁻¹ */
function slope(x: Value, p: Value, b: Builder): Value {
  const [only] = p.elements?.length === 1 ? p.elements : [];
  if (only === 2) return b.scale(x, 2);
  const value = b.mul(p, b.op('Pow', [x, b.sub(p, b.scalar(1))]));
  const nowhereZero = p.elements?.every((element) => typeof element === 'number' && element !== 0);
  // 0 · 0⁻¹ would be NaN.
  return nowhereZero ? value : b.op('Where', [b.op('Equal', [p, b.scalar(0)]), b.scalar(0), value]);
}

/** Min and Max: the inputs that have the extreme value share the cotangent equally. */
const extreme = ofOutput(({ inputs, outputs: [y] }, g, b) => {
  if (inputs.length === 1) return [g];
  const chosen = inputs.map((x) => b.op('Equal', [b.forward(x), b.forward(y)]));
  const ties = b.op(
    'Sum',
    chosen.map((mask) => b.cast(mask, 'float32')),
  );
  const share = b.div(g, ties);
  return inputs.map((x, i) => b.sumTo(b.where(chosen[i], share), x));
});

const where = ofOutput(({ inputs: [condition, x, y] }, g, b) => {
  const chosen = b.forward(condition, 'bool');
  return [undefined, b.sumTo(b.where(chosen, g), x), b.sumTo(b.op('Where', [chosen, b.scalar(0), g]), y)];
});

/** Nothing is dropped when a model only infers, or where the share to drop is 0. */
const dropout = ofOutput((node, g, b) => {
  const [, ratio = '', training = ''] = node.inputs;
  const drops = training !== '' && b.numbers(training)?.[0] !== 0 && b.numbers(ratio)?.[0] !== 0;
  if (drops) throw notCovered(node, 'inference mode or a ratio of 0', `training_mode "${training}"`);
  return [g];
});

/** Passes between floating point types; whole numbers and booleans are no differentiable function. */
const cast = ofOutput((node, g) =>
  /float/.test(dataTypes[intAttribute(node, 'to', 0)] ?? '') ? [g] : [undefined],
);

export const rules: GradientRules = {
  Add: ofOutput(({ inputs }, g, b) => inputs.map((x) => b.sumTo(g, x))),
  Sum: ofOutput(({ inputs }, g, b) => inputs.map((x) => b.sumTo(g, x))),
  Mean: ofOutput(({ inputs }, g, b) => inputs.map((x) => b.sumTo(b.scale(g, 1 / inputs.length), x))),
  Sub: ofOutput(({ inputs: [x, y] }, g, b) => [b.sumTo(g, x), b.neg(b.sumTo(g, y))]),
  Mul: ofOutput(({ inputs: [x, y] }, g, b) => [
    b.sumTo(b.mul(g, b.forward(y)), x),
    b.sumTo(b.mul(g, b.forward(x)), y),
  ]),
  Div: div,
  Pow: pow,
  Min: extreme,
  Max: extreme,
  Where: where,
  Neg: unary((g, _x, _y, b) => b.neg(g)),
  Abs: unary((g, x, _y, b) => b.mul(g, b.op('Sign', [x()]))),
  Sqrt: unary((g, _x, y, b) => b.div(b.scale(g, 0.5), y())),
  Exp: unary((g, _x, y, b) => b.mul(g, y())),
  Log: unary((g, x, _y, b) => b.div(g, x())),
  Reciprocal: unary((g, _x, y, b) => b.neg(b.mul(g, b.square(y())))),
  Sin: unary((g, x, _y, b) => b.mul(g, b.op('Cos', [x()]))),
  Cos: unary((g, x, _y, b) => b.neg(b.mul(g, b.op('Sin', [x()])))),
  // 2/√π · exp(-x²)
  Erf: unary((g, x, _y, b) => b.mul(g, b.scale(b.op('Exp', [b.neg(b.square(x()))]), 2 / Math.sqrt(Math.PI)))),
  Identity: same,
  Dropout: dropout,
  Cast: cast,
};
