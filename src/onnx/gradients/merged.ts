/** The backward pass appended to the forward graph: one model, one run, any ONNX runtime. */

import { newOutputs } from '../expose.js';
import { extendLifted } from '../lift.js';
import type { ConstantTensor, Model, ValueInfo } from '../model.js';
import { usesOnlySinglePrecision } from '../precision.js';
import type { StaticTensors } from '../shapes.js';
import type { GraphIndex } from '../walk.js';
import type { Builder, Forward, ReadType } from './builder.js';
import type { Value } from './graph-builder.js';

export interface MergedModel {
  readonly bytes: Uint8Array;
  /** The model's own inputs, then the target. */
  readonly inputs: readonly ValueInfo[];
}

/** Gives forward tensors as they are, in the same graph. */
export class MergedForward implements Forward {
  readonly opset: number;
  readonly #isSingle: boolean;

  constructor(
    private readonly model: Model,
    private readonly index: GraphIndex,
    readonly facts: StaticTensors,
    readonly wanted: ReadonlySet<string>,
    private readonly exposed: readonly string[] = [],
  ) {
    this.opset = model.opset;
    this.#isSingle = usesOnlySinglePrecision(model);
  }

  constant(tensor: string): ConstantTensor | undefined {
    return this.index.constant(tensor);
  }

  read(b: Builder, tensor: string, dtype: ReadType): Value {
    const known = this.facts.values.get(tensor);
    const [only] = known?.data ?? [];
    // A constant of one element is repeated, so that the builder sees its value and type.
    if (known?.data.length === 1 && typeof only === 'number' && dtype !== 'bool')
      return dtype === 'int64' ? b.ints([only], known.shape) : b.floats([only], known.shape);
    return b.cast(this.#own(b, tensor, dtype), dtype);
  }

  readShape(b: Builder, tensor: string): Value {
    return b.op('Shape', [this.#own(b, tensor, 'float32')]);
  }

  finish(b: Builder, outputs: ReadonlyMap<string, Value>, target: ValueInfo | undefined): MergedModel {
    const { nodes, constants } = b.finish(outputs);
    const inputs = target ? [target] : [];
    const made = Array.from(outputs, ([name, { shape }]): ValueInfo => {
      return { name, dtype: 'float32', ...(shape && { shape }) };
    });
    const parts = { nodes, initializers: constants, inputs };
    const bytes = extendLifted(this.model, {
      ...parts,
      outputs: [...newOutputs(this.model, this.exposed).map((info) => this.#typed(info)), ...made],
    });
    return { bytes, inputs: [...this.model.graph.inputs, ...inputs] };
  }

  /** With type and shape, which checkers of files require of outputs. */
  #typed({ name }: ValueInfo): ValueInfo {
    const shape = this.facts.shapes.get(name);
    const dtype = this.model.graph.valueInfo.get(name)?.dtype ?? (this.#isSingle ? 'float32' : undefined);
    return { name, ...(dtype && { dtype }), ...(shape && { shape }) };
  }

  /**
   * Where the element type is not known, `undefined` makes the builder cast: runtimes drop casts that change
   * nothing.
   */
  #own(b: Builder, tensor: string, dtype: ReadType): Value {
    const stated = this.constant(tensor)?.dtype ?? this.model.graph.valueInfo.get(tensor)?.dtype;
    const own = stated ?? (dtype === 'float32' && this.#isSingle ? dtype : 'undefined');
    return b.value(tensor, own, this.facts.shapes.get(tensor), this.facts.values.get(tensor)?.data);
  }
}
