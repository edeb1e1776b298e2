/** Activation functions. At a kink they take the derivative that torch.autograd takes. */

import { floatAttribute, stringAttribute } from '../attributes.js';
import type { Node } from '../model.js';
import type { Builder, Value } from './builder.js';
import { type GradientRule, type GradientRules, ofOutput } from './rule.js';

/** y = f(x), element by element. */
function activation(vjp: (node: Node, g: Value, f: Ends, b: Builder) => Value): GradientRule {
  return ofOutput((node, g, b) => {
    const { inputs, outputs } = node;
    const ends: Ends = {
      get x() {
        return b.forward(inputs[0]);
      },
      get y() {
        return b.forward(outputs[0]);
      },
    };
    return [vjp(node, g, ends, b)];
  });
}

/** Only what a rule looks at is read from the forward pass. */
interface Ends {
  readonly x: Value;
  readonly y: Value;
}

const isPositive = (x: Value, b: Builder) => b.op('Greater', [x, b.scalar(0)]);

/** g where x > 0, else `otherwise`. */
const above = (x: Value, g: Value, otherwise: Value, b: Builder) =>
  b.op('Where', [isPositive(x, b), g, otherwise]);

/** 1 - x² */
const oneMinusSquare = (x: Value, b: Builder) => b.sub(b.scalar(1), b.square(x));

/** f'(x) = scale for x > 0, rate·exp(x / width) below. */
const exponential = (g: Value, x: Value, b: Builder, { scale = 1, rate = 1, width = 1 }): Value => {
  const bent = b.scale(b.op('Exp', [width === 1 ? x : b.div(x, b.scalar(width))]), rate);
  return above(x, b.scale(g, scale), b.mul(g, bent), b);
};

const selu = activation((node, g, { x }, b) => {
  const gamma = floatAttribute(node, 'gamma', 1.0507010221481323);
  const rate = gamma * floatAttribute(node, 'alpha', 1.6732631921768188);
  return exponential(g, x, b, { scale: gamma, rate });
});

/**
 * The output has the input's sign, unless the slope below 0 is not positive; it is read because runtimes fuse
 * it.
 */
const leakyRelu = activation((node, g, ends, b) => {
  const alpha = floatAttribute(node, 'alpha', 0.01);
  return above(alpha > 0 ? ends.y : ends.x, g, b.scale(g, alpha), b);
});

/** The slope is broadcast to x; both have a cotangent. */
const prelu = ofOutput(({ inputs: [input, slope] }, g, b) => {
  const x = b.forward(input);
  return [above(x, g, b.mul(g, b.forward(slope)), b), b.sumTo(above(x, b.scalar(0), b.mul(g, x), b), slope)];
});

const hardSigmoid = activation((node, g, { y }, b) => {
  const inside = b.op('And', [isPositive(y, b), b.op('Less', [y, b.scalar(1)])]);
  return b.where(inside, b.scale(g, floatAttribute(node, 'alpha', 0.2)));
});

/** x·clip(x/6 + 1/2, 0, 1): 0 below -3, x/3 + 1/2 up to 3, then 1. */
const hardSwish = activation((_, g, { x }, b) => {
  const middle = b.mul(g, b.add(b.scale(x, 1 / 3), b.scalar(0.5)));
  const upper = b.op('Where', [b.op('LessOrEqual', [x, b.scalar(3)]), middle, g]);
  return b.op('Where', [b.op('Less', [x, b.scalar(-3)]), b.scalar(0), upper]);
});

/** x·t with t = tanh(softplus x): t + x·sigmoid(x)·(1 - t²). */
const mish = activation((_, g, { x }, b) => {
  const t = b.op('Tanh', [b.op('Softplus', [x])]);
  const bend = b.mul(b.mul(x, b.op('Sigmoid', [x])), oneMinusSquare(t, b));
  return b.mul(g, b.add(t, bend));
});

/** x·Φ(x): Φ(x) + x·φ(x), with Φ and φ of the normal distribution. */
function exactGelu(g: Value, x: Value, b: Builder): Value {
  const erf = b.op('Erf', [b.scale(x, Math.SQRT1_2)]);
  const cumulative = b.scale(b.add(erf, b.scalar(1)), 0.5);
  const density = b.scale(b.op('Exp', [b.scale(b.square(x), -0.5)]), 1 / Math.sqrt(2 * Math.PI));
  return b.mul(g, b.add(cumulative, b.mul(x, density)));
}

/** x/2·(1 + t) with t = tanh u, u = √(2/π)·(x + 0.044715 x³): (1 + t)/2 + x/2·(1 - t²)·u'. */
function tanhGelu(g: Value, x: Value, b: Builder): Value {
  const width = Math.sqrt(2 / Math.PI);
  const square = b.square(x);
  const u = b.mul(b.scale(x, width), b.add(b.scale(square, 0.044715), b.scalar(1)));
  const t = b.op('Tanh', [u]);
  const rate = b.add(b.scale(square, 3 * 0.044715 * width), b.scalar(width));
  const bend = b.mul(b.mul(x, oneMinusSquare(t, b)), rate);
  return b.mul(g, b.scale(b.add(b.add(t, b.scalar(1)), bend), 0.5));
}

/**
 * Passes between the bounds, both included. Only the input is read: comparing it with the output would take
 * fewer nodes, but a tap more, and each tap costs the forward pass a fusion (MobileNetV2: 30 ms with both, 14
 * ms with one).
 */
const clip = activation((node, g, { x }, b) => {
  const tests = [
    { operator: 'GreaterOrEqual', bound: boundOf(node, 'min', 1, b) },
    { operator: 'LessOrEqual', bound: boundOf(node, 'max', 2, b) },
  ] as const;
  const held = tests.flatMap(({ operator, bound }) => (bound ? [b.op(operator, [x, bound])] : []));
  const [first, second] = held;
  if (!first) return g;
  return b.where(second ? b.op('And', [first, second]) : first, g);
});

/** An attribute until opset 10, an input since; either may be left out. */
function boundOf(node: Node, name: string, input: number, b: Builder): Value | undefined {
  if (node.attributes.has(name)) return b.scalar(floatAttribute(node, name, 0));
  return node.inputs[input] ? b.forward(node.inputs[input]) : undefined;
}

export const rules: GradientRules = {
  Relu: activation((_, g, { y }, b) => b.where(isPositive(y, b), g)),
  LeakyRelu: leakyRelu,
  PRelu: prelu,
  ThresholdedRelu: activation((node, g, { x }, b) =>
    b.where(b.op('Greater', [x, b.scalar(floatAttribute(node, 'alpha', 1))]), g),
  ),
  Elu: activation((node, g, { x }, b) => exponential(g, x, b, { rate: floatAttribute(node, 'alpha', 1) })),
  Celu: activation((node, g, { x }, b) => exponential(g, x, b, { width: floatAttribute(node, 'alpha', 1) })),
  Selu: selu,
  Softplus: activation((_, g, { x }, b) => b.mul(g, b.op('Sigmoid', [x]))),
  Softsign: activation((_, g, { x }, b) => b.div(g, b.square(b.add(b.op('Abs', [x]), b.scalar(1))))),
  Sigmoid: activation((_, g, { y }, b) => b.mul(g, b.mul(y, b.sub(b.scalar(1), y)))),
  Tanh: activation((_, g, { y }, b) => b.mul(g, oneMinusSquare(y, b))),
  HardSigmoid: hardSigmoid,
  HardSwish: hardSwish,
  Mish: mish,
  Gelu: activation((node, g, { x }, b) =>
    stringAttribute(node, 'approximate', 'none') === 'tanh' ? tanhGelu(g, x, b) : exactGelu(g, x, b),
  ),
  Clip: clip,
};
