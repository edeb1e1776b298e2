/**
 * Folding of the small constants that exporters compute shapes with (Shape → Gather → Concat → Reshape …).
 */

import { MAX_FOLDED } from '../limits.js';
import { type Dim, dataTypes, type Shape } from '../model.js';
import { sliceRange } from './layout.js';
import { normalAxis, numbers, type Op, product, type SmallConstant } from './rule.js';

type FoldRule = (op: Op, shape: readonly number[]) => readonly Dim[] | undefined;

/**
 * The value that an operator gives, where its inputs are small known constants. `shape` is that of its
 * output.
 */
export function fold(op: Op, shape: Shape | undefined): SmallConstant | undefined {
  const rule = rules.get(op.node.opType);
  const dims = shape && numbers({ shape: [], data: shape });
  const size = dims && product(dims);
  if (!rule || !dims || size === undefined || size > MAX_FOLDED) return undefined;
  const data = rule(op, dims);
  if (data?.length !== size) return undefined;
  const { opType, inputs } = op.node;
  const real = inputs.some((_, i) => op.value(i)?.real);
  return { shape: dims, data, real: opType === 'Cast' ? !castsToInteger(op) : opType !== 'Shape' && real };
}

const same: FoldRule = (op) => op.value(0)?.data;

const integerTypes = new Set(['uint8', 'int8', 'uint16', 'int16', 'int32', 'int64', 'uint32', 'uint64']);

const castsToInteger = (op: Op) => integerTypes.has(dataTypes[op.int('to', 0)] ?? 'undefined');

const cast: FoldRule = (op) => {
  const toBool = dataTypes[op.int('to', 0)] === 'bool';
  const toInteger = castsToInteger(op);
  return op.value(0)?.data.map((dim) => {
    if (typeof dim !== 'number') return dim;
    if (toBool) return dim === 0 ? 0 : 1;
    return toInteger ? Math.trunc(dim) : dim;
  });
};

const shapeOf: FoldRule = (op) => op.shape(0)?.slice(op.int('start', 0), op.int('end', 2 ** 31));

/** Calls `at` for each element of `shape` with its indices. */
function elements(shape: readonly number[], at: (index: readonly number[]) => Dim): readonly Dim[] {
  return Array.from({ length: product(shape) ?? 0 }, (_, flat) => {
    const index: number[] = [];
    let rest = flat;
    for (const length of shape.toReversed()) {
      index.unshift(rest % length);
      rest = Math.floor(rest / length);
    }
    return at(index);
  });
}

function element({ shape, data }: SmallConstant, index: readonly number[]): Dim {
  return data[shape.reduce((flat, length, i) => flat * length + (index[i] ?? 0), 0)];
}

const transpose: FoldRule = (op, shape) => {
  const input = op.value(0);
  const perm = op.ints('perm') ?? shape.map((_, i) => shape.length - 1 - i);
  return (
    input &&
    elements(shape, (index) =>
      element(
        input,
        index.map((_, axis) => index[perm.indexOf(axis)] ?? 0),
      ),
    )
  );
};

const slice: FoldRule = (op, shape) => {
  const input = op.value(0);
  const starts = op.ints('starts') ?? numbers(op.value(1));
  const ends = op.ints('ends') ?? numbers(op.value(2));
  if (!input || !starts || !ends) return undefined;
  const axes = op.ints('axes') ?? numbers(op.value(3)) ?? starts.map((_, i) => i);
  const steps = numbers(op.value(4));
  const ranges = new Map(
    axes.map((axis, i) => {
      const at = normalAxis(axis, shape.length);
      return [at, sliceRange(input.shape[at] ?? 0, starts[i] ?? 0, ends[i] ?? 0, steps?.[i] ?? 1)];
    }),
  );
  return elements(shape, (index) =>
    element(
      input,
      index.map((at, axis) => {
        const range = ranges.get(axis);
        return range ? range.first + at * range.step : at;
      }),
    ),
  );
};

const gather: FoldRule = (op, shape) => {
  const input = op.value(0);
  const indices = op.value(1);
  if (!input || !indices) return undefined;
  const axis = normalAxis(op.int('axis', 0), input.shape.length);
  return elements(shape, (index) => {
    const inner = index.slice(axis, axis + indices.shape.length);
    const at = element(indices, inner);
    if (typeof at !== 'number') return undefined;
    const chosen = normalAxis(at, input.shape[axis] ?? 0);
    return element(input, [...index.slice(0, axis), chosen, ...index.slice(axis + indices.shape.length)]);
  });
};

const concat: FoldRule = (op, shape) => {
  const axis = normalAxis(op.int('axis', 0), shape.length);
  const inputs = op.node.inputs.map((_, i) => op.value(i)).filter((value) => value !== undefined);
  if (inputs.length !== op.node.inputs.length || !(axis >= 0 && axis < shape.length)) return undefined;
  return elements(shape, (index) => {
    let at = index[axis] ?? 0;
    for (const input of inputs) {
      const length = input.shape[axis] ?? 0;
      if (at < length) return element(input, index.with(axis, at));
      at -= length;
    }
    return undefined;
  });
};

const constantOfShape: FoldRule = (op, shape) => {
  const attribute = op.node.attributes.get('value');
  const fill = attribute?.type === 'tensor' ? Number(attribute.value.data()[0] ?? 0) : 0;
  return elements(shape, () => fill);
};

/** An element-wise function of numbers; elements that are not known stay unknown. */
function arithmetic(compute: (a: number, b: number, real: boolean) => number): FoldRule {
  return (op, shape) => {
    const a = op.value(0);
    const b = op.node.inputs.length > 1 ? op.value(1) : a;
    if (!a || !b) return undefined;
    const real = Boolean(a.real || b.real);
    return elements(shape, (index) => {
      const left = element(a, aligned(a, index));
      const right = element(b, aligned(b, index));
      return typeof left === 'number' && typeof right === 'number' ? compute(left, right, real) : undefined;
    });
  };
}

/** The remainder has the sign of the divisor, with `fmod` that of the dividend. */
const modulo: FoldRule = (op, shape) => {
  const ofDividend = op.int('fmod', 0) === 1;
  return arithmetic((a, b) => (ofDividend ? a % b : ((a % b) + b) % b))(op, shape);
};

/** The index into a broadcast operand. */
function aligned({ shape }: SmallConstant, index: readonly number[]): readonly number[] {
  return index.slice(index.length - shape.length).map((at, i) => (shape[i] === 1 ? 0 : at));
}

const where: FoldRule = (op, shape) => {
  const [condition, yes, no] = [op.value(0), op.value(1), op.value(2)];
  if (!condition || !yes || !no) return undefined;
  return elements(shape, (index) => {
    const chosen = element(condition, aligned(condition, index));
    if (typeof chosen !== 'number') return undefined;
    return chosen ? element(yes, aligned(yes, index)) : element(no, aligned(no, index));
  });
};

/** Integers divide towards zero. */
const divide = (a: number, b: number, real: boolean) => (real ? a / b : Math.trunc(a / b));

const reduceProd: FoldRule = (op, shape) =>
  shape.length <= 1 ? [product(op.value(0)?.data ?? [undefined])] : undefined;

const expand: FoldRule = (op, shape) => {
  const input = op.value(0);
  return input && elements(shape, (index) => element(input, aligned(input, index)));
};

const rules: ReadonlyMap<string, FoldRule> = new Map<string, FoldRule>([
  ['Shape', shapeOf],
  ['Identity', same],
  ['Reshape', same],
  ['Squeeze', same],
  ['Unsqueeze', same],
  ['Flatten', same],
  ['Cast', cast],
  ['Transpose', transpose],
  ['Slice', slice],
  ['Gather', gather],
  ['Concat', concat],
  ['ConstantOfShape', constantOfShape],
  ['Expand', expand],
  ['Where', where],
  ['ReduceProd', reduceProd],
  ['Add', arithmetic((a, b) => a + b)],
  ['Sub', arithmetic((a, b) => a - b)],
  ['Mul', arithmetic((a, b) => a * b)],
  ['Div', arithmetic(divide)],
  ['Mod', modulo],
  ['Min', arithmetic((a, b) => Math.min(a, b))],
  ['Max', arithmetic((a, b) => Math.max(a, b))],
  ['Equal', arithmetic((a, b) => Number(a === b))],
  ['Greater', arithmetic((a, b) => Number(a > b))],
  ['Less', arithmetic((a, b) => Number(a < b))],
  ['Not', arithmetic((a) => Number(a === 0))],
  ['Floor', arithmetic(Math.floor)],
  ['Ceil', arithmetic(Math.ceil)],
]);
