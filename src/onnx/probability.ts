/** Which tensors are probabilities, by the operators that compute them, and their logits. */

import { intsAttribute } from './attributes.js';
import type { GraphFacts } from './graph-facts.js';
import type { Node, Normalisation } from './model.js';
import { toFloat32, toNumbers } from './values.js';

/** A tensor that is `scale` times probabilities, or their logarithms. */
export interface Normalised {
  /** True where the normalisation is composed of simpler operators. */
  readonly composed?: true;
  /** Missing for mixtures of several distributions. */
  readonly normalisation?: Normalisation;
  /** The input of the normalisation; missing for mixtures. */
  readonly logits?: string;
  readonly scale: number;
  /** For one column `sigmoid(sign · logit)`; 1 elsewhere. */
  readonly sign: number;
  /** For `[1 - p, p]` and `[p, 1 - p]`: S of class c is `signs[c] · logit`. */
  readonly signs?: readonly [number, number];
}

/** Operators that leave values unchanged, or rounded. */
const passing = new Set(
  'Identity Dropout Cast Flatten Reshape Squeeze Unsqueeze QuantizeLinear DequantizeLinear'.split(' '),
);

/** Relative rounding error of constants. */
const NEAR = 1e-6;

/** Most nodes that are followed back: heads are short. */
const MOST_STEPS = 64;

type HeadFacts = Pick<GraphFacts, 'index' | 'shapes'>;

/** The tensor before operators that leave values unchanged. */
export function unwrapped({ index }: Pick<HeadFacts, 'index'>, tensor: string): string {
  let name = tensor;
  for (let step = 0; step < MOST_STEPS; step++) {
    const node = index.producer(name);
    const input = node?.domain === '' && passing.has(node.opType) ? node.inputs[0] : undefined;
    if (input === undefined) break;
    name = input;
  }
  return name;
}

/**
 * How a tensor was normalised: by a Softmax, LogSoftmax or Sigmoid, also composed of simpler operators (Exp
 * and ReduceSum, `1 / (1 + exp(-z))`), as `[1 - p, p]`, as a mixture or a multiple of these; `undefined`
 * where it was not.
 */
export function normalisedBy(facts: HeadFacts, tensor: string): Normalised | undefined {
  const known = new Map<string, Normalised | undefined>();
  const look = (from: string, steps: number): Normalised | undefined => {
    const name = unwrapped(facts, from);
    if (steps === 0 || known.has(name)) return known.get(name);
    const node = facts.index.producer(name);
    const found = node?.domain === '' ? madeBy(facts, node, (input) => look(input, steps - 1)) : undefined;
    known.set(name, found);
    return found;
  };
  return look(tensor, MOST_STEPS);
}

type Of = (tensor: string) => Normalised | undefined;

function madeBy(facts: HeadFacts, node: Node, of: Of): Normalised | undefined {
  const [first = '', second = ''] = node.inputs;
  switch (node.opType) {
    case 'Softmax':
    case 'LogSoftmax':
    case 'Sigmoid':
      return { normalisation: node.opType, logits: first, scale: 1, sign: 1 };
    case 'Exp': {
      const logs = of(first);
      return logs?.normalisation === 'LogSoftmax'
        ? { ...logs, composed: true, normalisation: 'Softmax' }
        : undefined;
    }
    case 'Log': {
      const shares = of(first);
      const isWhole = shares?.normalisation === 'Softmax' && shares.scale === 1;
      return isWhole ? { ...shares, composed: true, normalisation: 'LogSoftmax' } : undefined;
    }
    case 'Reciprocal':
      return sigmoidOf(facts, first);
    case 'Div':
      return quotient(facts, first, second, of);
    case 'Mul':
      return multiple(facts, first, second, of);
    case 'Sub': {
      const logs = logSoftmaxLogits(facts, first, second);
      if (logs !== undefined) return composed('LogSoftmax', logs);
      const whole = scalar(facts, first);
      const rest = whole === undefined ? undefined : of(second);
      const isComplement = rest?.normalisation === 'Sigmoid' && near(rest.scale, whole);
      return isComplement && !rest.signs ? { ...rest, sign: -rest.sign } : undefined;
    }
    case 'Concat':
      return (
        complements(facts, node, of) ??
        mixture(node, of, (scales) => (areNear(scales) ? scales[0] : undefined))
      );
    case 'Add':
    case 'Sum':
      return mixture(node, of, total);
    case 'Clip':
    case 'Max':
    case 'Min': {
      if (node.opType !== 'Clip' && scalar(facts, second) === undefined) return undefined;
      const inner = of(first);
      return inner?.normalisation === 'LogSoftmax' ? undefined : inner;
    }
    case 'Slice':
    case 'Split':
    case 'Gather':
    case 'Mean':
    case 'ReduceMean':
    case 'GlobalAveragePool':
      return mixture(node, of, (scales) => total(scales) / scales.length);
    default:
      return undefined;
  }
}

const composed = (normalisation: Normalisation, logits: string): Normalised => ({
  composed: true,
  normalisation,
  logits,
  scale: 1,
  sign: 1,
});

function quotient(facts: HeadFacts, first: string, second: string, of: Of): Normalised | undefined {
  const sigmoid = scalar(facts, first) === 1 ? sigmoidOf(facts, second) : undefined;
  if (sigmoid) return sigmoid;
  const softmax = softmaxLogits(facts, first, second);
  if (softmax !== undefined) return composed('Softmax', softmax);
  const divisor = scalar(facts, second);
  return divisor === undefined ? undefined : times(of(first), 1 / divisor);
}

function multiple(facts: HeadFacts, first: string, second: string, of: Of): Normalised | undefined {
  for (const [powers, factor] of [
    [first, second],
    [second, first],
  ]) {
    const inverse = facts.index.producer(unwrapped(facts, factor));
    const softmax =
      inverse?.opType === 'Reciprocal' ? softmaxLogits(facts, powers, inverse.inputs[0]) : undefined;
    if (softmax !== undefined) return composed('Softmax', softmax);
    const constant = scalar(facts, factor);
    if (constant !== undefined) return times(of(powers), constant);
  }
  return undefined;
}

const near = (x: number, y: number | undefined): boolean => y !== undefined && Math.abs(x - y) <= NEAR * x;

function times(inner: Normalised | undefined, factor: number): Normalised | undefined {
  if (!inner || inner.normalisation === 'LogSoftmax' || !(factor > 0)) return undefined;
  return { ...inner, scale: inner.scale * factor };
}

const total = (scales: readonly number[]): number => scales.reduce((sum, scale) => sum + scale, 0);

const areNear = (scales: readonly number[]): boolean => scales.every((scale) => near(scale, scales[0]));

/** A constant of one element. */
function scalar({ index }: HeadFacts, name: string | undefined): number | undefined {
  const tensor = index.constant(name ?? '');
  if (!tensor || tensor.external || tensor.dims.some((dim) => dim !== 1)) return undefined;
  return /^b?float(16|32|64)$/.test(tensor.dtype) ? toFloat32(tensor)[0] : undefined;
}

/** The sigmoid of z where the tensor is `1 + exp(-z)`, that of -z where it is `1 + exp(z)`. */
function sigmoidOf(facts: HeadFacts, tensor: string): Normalised | undefined {
  const { index } = facts;
  const sum = index.producer(tensor);
  if (sum?.opType !== 'Add') return undefined;
  const [one, other] = scalar(facts, sum.inputs[0]) === 1 ? sum.inputs : sum.inputs.toReversed();
  const exp = scalar(facts, one) === 1 ? index.producer(other) : undefined;
  const inner = exp?.opType === 'Exp' ? exp.inputs[0] : undefined;
  if (inner === undefined) return undefined;
  const neg = index.producer(inner);
  if (neg?.opType === 'Neg' && neg.inputs[0] !== undefined) return composed('Sigmoid', neg.inputs[0]);
  return { ...composed('Sigmoid', inner), sign: -1 };
}

/** z of `exp(z) / Σ exp(z)`, with or without its maximum subtracted. */
function softmaxLogits(facts: HeadFacts, powers: string, sum: string | undefined): string | undefined {
  const { index } = facts;
  const own = unwrapped(facts, powers);
  const exp = index.producer(own);
  if (exp?.opType !== 'Exp' || exp.inputs[0] === undefined) return undefined;
  const reduced = index.producer(behindFloor(facts, sum));
  const sums = reduced?.opType === 'ReduceSum' || reduced?.opType === 'ReduceL1';
  if (!sums || unwrapped(facts, reduced.inputs[0] ?? '') !== own || !overOneAxis(facts, reduced))
    return undefined;
  return withoutMaximum(facts, exp.inputs[0]);
}

/** Largest ε that is added to a sum so that it is not 0. */
const MOST_ADDED = 1e-3;

/** Σ of `Expand(Clip(Σ, ε))` and `Σ + ε`. */
function behindFloor(facts: HeadFacts, tensor: string | undefined): string {
  const { index } = facts;
  let name = unwrapped(facts, tensor ?? '');
  for (let step = 0; step < 3; step++) {
    const node = index.producer(name);
    const bound = scalar(facts, node?.inputs[1]);
    const isFloor =
      bound !== undefined && (node?.opType === 'Max' || (node?.opType === 'Add' && bound <= MOST_ADDED));
    if (!isFloor && node?.opType !== 'Clip' && node?.opType !== 'Expand') break;
    name = unwrapped(facts, node.inputs[0] ?? '');
  }
  return name;
}

/** Whether a reduction is over one axis, and not the batch: else it would mix images. */
function overOneAxis({ index, shapes }: HeadFacts, node: Node): boolean {
  const given = index.constant(node.inputs[1] ?? '');
  const axes = intsAttribute(node, 'axes') ?? (given && toNumbers(given));
  const shape = shapes.get(node.inputs[0] ?? '');
  return axes ? axes.length === 1 && axes[0] !== 0 : shape?.length === 1;
}

/** z of `z - max(z)`, else the tensor itself. */
function withoutMaximum(facts: HeadFacts, tensor: string): string {
  const { index } = facts;
  const sub = index.producer(tensor);
  const max = sub?.opType === 'Sub' ? index.producer(unwrapped(facts, sub.inputs[1] ?? '')) : undefined;
  const z = sub?.inputs[0];
  const isOwn = max?.opType === 'ReduceMax' && z !== undefined;
  return isOwn && unwrapped(facts, max.inputs[0] ?? '') === unwrapped(facts, z) ? z : tensor;
}

/** z of `z - log Σ exp(z)`. */
function logSoftmaxLogits(facts: HeadFacts, shifted: string, sum: string | undefined): string | undefined {
  const { index } = facts;
  const own = unwrapped(facts, shifted);
  const node = index.producer(unwrapped(facts, sum ?? ''));
  if (node?.opType === 'ReduceLogSumExp')
    return unwrapped(facts, node.inputs[0] ?? '') === own && overOneAxis(facts, node)
      ? withoutMaximum(facts, shifted)
      : undefined;
  const reduced = node?.opType === 'Log' ? index.producer(unwrapped(facts, node.inputs[0] ?? '')) : undefined;
  const exp =
    reduced?.opType === 'ReduceSum' ? index.producer(unwrapped(facts, reduced.inputs[0] ?? '')) : undefined;
  if (exp?.opType !== 'Exp' || !reduced || !overOneAxis(facts, reduced)) return undefined;
  return unwrapped(facts, exp.inputs[0] ?? '') === own ? withoutMaximum(facts, shifted) : undefined;
}

/** `[1 - p, p]` or `[p, 1 - p]` of one column p. */
function complements(facts: HeadFacts, node: Node, of: Of): Normalised | undefined {
  const [a, b, ...more] = node.inputs;
  if (a === undefined || b === undefined || more.length > 0) return undefined;
  const [first, second] = [of(a), of(b)];
  const isOneColumn = [a, b].every((name) =>
    facts.shapes
      .get(name)
      ?.slice(1)
      .every((dim) => dim === 1),
  );
  if (!first || !second || !isOneColumn || first.signs || second.signs) return undefined;
  const isSame = first.logits === second.logits && near(first.scale, second.scale);
  if (first.normalisation !== 'Sigmoid' || !isSame || first.sign !== -second.sign) return undefined;
  return { ...second, sign: 1, signs: [first.sign, second.sign] };
}

/** Operators whose first input alone is data. */
const onlyFirst = new Set(['Slice', 'Split', 'Gather', 'ReduceMean', 'GlobalAveragePool']);

/** Several distributions combined (an ensemble, positions of a map), or some classes of one. */
function mixture(
  { inputs, opType }: Node,
  of: Of,
  scaleOf: (scales: readonly number[]) => number | undefined,
): Normalised | undefined {
  const parts = (onlyFirst.has(opType) ? inputs.slice(0, 1) : inputs).map(of);
  const scales = parts.flatMap((part) => (part && part.normalisation !== 'LogSoftmax' ? part.scale : []));
  const scale = scales.length === parts.length ? scaleOf(scales) : undefined;
  return scale === undefined ? undefined : { scale, sign: 1 };
}
