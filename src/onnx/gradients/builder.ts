/** The operations that gradient rules are written with. */

import type { ConstantTensor, DataType, Shape } from '../model.js';
import { dataTypes } from '../model.js';
import { numbers, product } from '../shapes/rule.js';
import type { StaticTensors } from '../shapes.js';
import { needsSum, sameDims, spread } from './broadcasting.js';
import { GraphBuilder, type Value } from './graph-builder.js';
import { Unbuildable } from './unbuildable.js';

export type { Value } from './graph-builder.js';

/** Types that rules read forward tensors as; floating point of any width is read as float32. */
export type ReadType = 'float32' | 'int64' | 'bool';

/**
 * The forward model, as the builder reads it. Each form of a gradient (separate, merged) has its own.
 */
export interface Forward {
  /** Opset of the model that is differentiated. */
  readonly opset: number;
  /** Shapes and small constants of its tensors. */
  readonly facts: StaticTensors;
  /** Tensors that depend on what is differentiated with respect to. */
  readonly wanted: ReadonlySet<string>;
  constant(tensor: string): ConstantTensor | undefined;
  read(b: Builder, tensor: string, dtype: ReadType): Value;
  /** The int64 vector of a tensor's lengths where they are not all known. */
  readShape(b: Builder, tensor: string): Value;
}

export class Builder extends GraphBuilder {
  constructor(
    prefix: string,
    private readonly model: Forward,
  ) {
    super(prefix);
  }

  /** For the body of a node of this graph, which may read this one's values by their names. */
  inner(name: string): Builder {
    return new Builder(`${this.prefix}${name}/`, this.model);
  }

  /** Opset of the model that is differentiated: attributes of its nodes are read as of it. */
  get opset(): number {
    return this.model.opset;
  }

  // The forward graph

  /**
   * The forward value of a tensor (activation, constant or weight).
   * @param dtype `'int64'` for indices, `'bool'` for conditions.
   */
  forward(tensor: string, dtype: ReadType = 'float32'): Value {
    if (!tensor) throw new Unbuildable('all inputs that the operator needs', 'one left out');
    return this.model.read(this, tensor, dtype);
  }

  /** Whether a cotangent of this tensor is needed: rules may skip the others. */
  wants(tensor: string | undefined): boolean {
    return tensor !== undefined && this.model.wanted.has(tensor);
  }

  /** A constant of the model: initialiser or Constant node. */
  constant(tensor: string | undefined): ConstantTensor | undefined {
    return tensor ? this.model.constant(tensor) : undefined;
  }

  /**
   * The elements of a small constant (axes, pads, a scalar), folded ones included; `undefined` where not
   * known before the run.
   */
  numbers(tensor: string | undefined): readonly number[] | undefined {
    return tensor ? numbers(this.model.facts.values.get(tensor)) : undefined;
  }

  /**
   * Lengths as far as they are known before the run; equal names mean equal lengths. `undefined`: rank
   * unknown.
   */
  staticShape(tensor: string): Shape | undefined {
    return this.model.facts.shapes.get(tensor);
  }

  /** All lengths, where all are known before the run. */
  staticDims(tensor: string): readonly number[] | undefined {
    const shape = this.staticShape(tensor);
    return shape && numbers({ shape: [shape.length], data: shape });
  }

  /** Number of axes, where it is known. */
  rank(tensor: string): number | undefined {
    return this.staticShape(tensor)?.length;
  }

  /**
   * The lengths of a forward tensor as an int64 vector: a constant where all are known, else computed at run
   * time.
   */
  shapeOf(tensor: string): Value {
    const dims = this.staticDims(tensor);
    return dims ? this.ints(dims) : this.model.readShape(this, tensor);
  }

  /** The number of elements along `axes` (not negative) of a forward tensor, as a float32 scalar. */
  count(tensor: string, axes: readonly number[]): Value {
    const shape = this.staticShape(tensor);
    const known = shape && product(axes.map((axis) => shape[axis]));
    if (known !== undefined) return this.scalar(known);
    const lengths = this.op('Gather', [this.shapeOf(tensor), this.ints(axes)], { axis: 0 });
    return this.cast(this.op('ReduceProd', [lengths], { keepdims: 0 }), 'float32');
  }

  // Arithmetic

  add(x: Value, y: Value): Value {
    return this.op('Add', [x, y]);
  }

  sub(x: Value, y: Value): Value {
    return this.op('Sub', [x, y]);
  }

  /** A factor that is the scalar 1 disappears. */
  mul(x: Value, y: Value): Value {
    if (isOne(y)) return x;
    return isOne(x) ? y : this.op('Mul', [x, y]);
  }

  div(x: Value, y: Value): Value {
    return isOne(y) ? x : this.op('Div', [x, y]);
  }

  neg(x: Value): Value {
    return this.op('Neg', [x]);
  }

  /** `x · factor`, for a number. */
  scale(x: Value, factor: number): Value {
    return this.mul(x, this.scalar(factor));
  }

  /** x² */
  square(x: Value): Value {
    return this.op('Mul', [x, x]);
  }

  cast(x: Value, dtype: DataType): Value {
    return x.dtype === dtype ? x : this.op('Cast', [x], { to: dataTypes.indexOf(dtype) });
  }

  /** `x` where the condition (bool, broadcast) holds, else 0. */
  where(condition: Value, x: Value): Value {
    return this.op('Where', [condition, x, this.scalar(0)]);
  }

  /** Σ over `axes`; no node where there are none. @param keepdims Whether summed axes stay, with length 1. */
  reduceSum(x: Value, axes: readonly number[], keepdims = true): Value {
    if (axes.length === 0) return x;
    return this.op('ReduceSum', [x, this.ints(axes)], { keepdims: keepdims ? 1 : 0 });
  }

  transpose(x: Value, perm: readonly number[]): Value {
    return perm.every((axis, i) => axis === i) ? x : this.op('Transpose', [x], { perm });
  }

  /** @param shape Known lengths (one may be -1: what is left), or an int64 vector. */
  reshape(x: Value, shape: readonly number[] | Value): Value {
    if (!('name' in shape)) return sameDims(x.shape, shape) ? x : this.op('Reshape', [x, this.ints(shape)]);
    return this.op('Reshape', [x, shape]);
  }

  /** An int64 vector out of numbers and int64 vectors; a constant where all parts are. */
  vector(parts: readonly (number | Value)[]): Value {
    const values = parts.map((part) => (typeof part === 'number' ? this.ints([part]) : part));
    return values.length === 1 ? values[0] : this.op('Concat', values, { axis: 0 });
  }

  // Shapes of forward tensors

  /**
   * The same elements in the shape of a forward tensor. Needs no shape at run time where one length at most
   * is unknown.
   */
  reshapeLike(x: Value, tensor: string): Value {
    const shape = this.staticShape(tensor);
    if (sameDims(x.shape, shape)) return this.stated(x, shape);
    const open = shape?.filter((dim) => typeof dim !== 'number').length;
    const target =
      shape && open !== undefined && open <= 1
        ? this.ints(shape.map((dim) => (typeof dim === 'number' ? dim : -1)))
        : this.shapeOf(tensor);
    return this.stated(this.op('Reshape', [x, target]), shape);
  }

  /** Broadcasts to the shape of a forward tensor: the opposite of `sumTo`. */
  expandLike(x: Value, tensor: string): Value {
    const shape = this.staticShape(tensor);
    if (sameDims(x.shape, shape)) return this.stated(x, shape);
    const target = spread(x.shape, shape);
    return this.stated(this.op('Expand', [x, target ? this.ints(target) : this.shapeOf(tensor)]), shape);
  }

  /**
   * Undoes broadcasting: sums `x`, which has the shape that `tensor` was broadcast to, back to the shape of
   * `tensor`. Nothing where the two are known to be equal; decided at run time where that is not known.
   */
  sumTo(x: Value, tensor: string): Value {
    const shape = this.staticShape(tensor);
    const axes = needsSum(x.shape, shape);
    if (!shape || !axes) return this.stated(this.#sumAtRunTime(x, tensor), shape);
    const extra = (x.shape?.length ?? 0) - shape.length;
    if (axes.every((axis) => axis < extra)) return this.stated(this.reduceSum(x, axes, false), shape);
    if (extra === 0) return this.stated(this.reduceSum(x, axes), shape);
    return this.reshapeLike(this.reduceSum(x, axes, false), tensor);
  }

  /** Sums every axis along which `tensor`, its shape led by ones, has length 1. */
  #sumAtRunTime(x: Value, tensor: string): Value {
    const target = this.shapeOf(tensor);
    const lengths = this.op('Shape', [x]);
    const extra = this.sub(this.op('Shape', [lengths]), this.op('Shape', [target]));
    const ones = this.op('Expand', [this.ints([1]), extra]);
    const aligned = this.op('Concat', [ones, target], { axis: 0 });
    const single = this.op('Equal', [aligned, this.ints([1])]);
    const axes = this.op('Reshape', [this.op('NonZero', [single]), this.ints([-1])]);
    const summed = this.op('ReduceSum', [x, axes], { keepdims: 1, noop_with_empty_axes: 1 });
    return this.op('Reshape', [summed, target]);
  }
}

function isOne({ shape, elements }: Value): boolean {
  return shape?.length === 0 && elements?.[0] === 1;
}
