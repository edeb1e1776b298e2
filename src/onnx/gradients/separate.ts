/** The backward pass as a model of its own, fed with forward tensors ("taps"). */

import { sharedBytes } from '../expose.js';
import type { ConstantTensor, Dim, Model, ValueInfo } from '../model.js';
import { numbers } from '../shapes/rule.js';
import type { StaticTensors } from '../shapes.js';
import { constantTensor, externalTensorProto } from '../values.js';
import type { GraphIndex } from '../walk.js';
import { makeGraph, writeModel } from '../write.js';
import type { Builder, Forward, ReadType } from './builder.js';
import { type BuiltGraph, GraphBuilder, type Value } from './graph-builder.js';
import { EMISSION_OPSET } from './operators.js';

/** The IR version that came with opset 17. */
const EMISSION_IR = 8;

/** External location under which the backward model finds the weights of the forward model's file. */
const FORWARD_FILE = 'forward';

/** A backward model. It does not depend on the forward model's opset. */
export interface SeparateModel {
  readonly bytes: Uint8Array;
  /** The forward model's file, from which large weights are taken. */
  readonly externalData: readonly { readonly path: string; readonly data: Uint8Array }[];
  readonly inputs: readonly ValueInfo[];
  /** Forward tensors that are inputs, under their own names. */
  readonly taps: readonly string[];
  /** Inputs that hold the shape (int64) of a forward tensor, by that tensor. */
  readonly shapeTaps: ReadonlyMap<string, string>;
}

/** Gives forward tensors as inputs of the backward model, constants as copies or views of the model's. */
export class SeparateForward implements Forward {
  readonly opset: number;
  readonly #taps = new Map<string, ValueInfo>();
  /** Tensor by the name that stands for its shape. */
  readonly #shapes = new Map<string, string>();

  constructor(
    private readonly model: Model,
    private readonly index: GraphIndex,
    readonly facts: StaticTensors,
    readonly wanted: ReadonlySet<string>,
    private readonly prefix: string,
  ) {
    this.opset = model.opset;
  }

  constant(tensor: string): ConstantTensor | undefined {
    return this.index.constant(tensor);
  }

  read(b: Builder, tensor: string, dtype: ReadType): Value {
    const known = this.facts.values.get(tensor);
    const elements = numbers(known);
    if (known && elements && dtype !== 'bool')
      return dtype === 'int64' ? b.ints(elements, known.shape) : b.floats(elements, known.shape);
    const constant = this.constant(tensor);
    if (constant) return b.cast(b.adopt(this.#named(tensor, constant)), dtype);
    const tap = this.#taps.get(tensor) ?? { name: tensor, dtype, shape: this.facts.shapes.get(tensor) };
    this.#taps.set(tensor, tap);
    return b.cast(b.value(tensor, tap.dtype ?? dtype, tap.shape), dtype);
  }

  readShape(b: Builder, tensor: string): Value {
    const name = `${this.prefix}shape/${tensor}`;
    this.#shapes.set(name, tensor);
    const shape = this.facts.shapes.get(tensor);
    const elements = shape?.includes(undefined) ? undefined : shape;
    return b.value(name, 'int64', [shape?.length], elements);
  }

  /** @param outputs Names and values. @param target The input that the score is chosen by. */
  finish(b: Builder, outputs: ReadonlyMap<string, Value>, target: ValueInfo | undefined): SeparateModel {
    const graph = b.finish(outputs);
    const given = new Map(this.#taps);
    if (target) given.set(target.name, target);
    const live = graph.reads.map((name) => given.get(name)).filter((info) => info !== undefined);
    const { shapes, missing } = this.#shapesOf(graph, live);
    const shapeTaps = new Map(missing.map((name) => [this.#shapes.get(name) ?? name, name]));
    const shapeInputs = missing.map((name): ValueInfo => ({ name, dtype: 'int64', shape: [undefined] }));
    // The target stays an input even where the gradient does not depend on it.
    const tapped = live.filter((info) => info !== target);
    const inputs = [...(target ? [target] : []), ...tapped, ...shapeInputs];
    const usesFile = graph.constants.some(({ external }) => external?.location === FORWARD_FILE);
    return {
      bytes: writeModel({
        irVersion: EMISSION_IR,
        opsets: new Map([['', EMISSION_OPSET]]),
        graph: makeGraph('backward', {
          nodes: [...shapes.nodes, ...graph.nodes],
          initializers: [...shapes.constants, ...graph.constants],
          inputs,
          outputs: Array.from(outputs, ([name, { shape }]) => ({
            name,
            dtype: 'float32',
            ...(shape && { shape }),
          })),
        }),
      }),
      externalData: usesFile ? [{ path: FORWARD_FILE, data: this.model.bytes }] : [],
      inputs,
      taps: tapped.map(({ name }) => name),
      shapeTaps,
    };
  }

  /**
   * Shapes of forward tensors, without a tap of their own where that can be: from the tensor itself if it is
   * an input anyway, else length by length from inputs that have a length of the same name.
   */
  #shapesOf({ reads }: BuiltGraph, inputs: readonly ValueInfo[]) {
    const b = new GraphBuilder(`${this.prefix}shape:`);
    const shapeOf = ({ name, dtype = 'float32', shape }: ValueInfo) =>
      b.op('Shape', [b.value(name, dtype, shape)]);
    const byName = new Map(inputs.map((input) => [input.name, input]));
    const withLength = new Map<Dim, ValueInfo>();
    for (const input of inputs.toReversed()) for (const dim of input.shape ?? []) withLength.set(dim, input);
    const length = (dim: Dim): Value | undefined => {
      if (typeof dim === 'number') return b.ints([dim]);
      const source = dim === undefined ? undefined : withLength.get(dim);
      const axis = source?.shape?.indexOf(dim) ?? -1;
      return source && b.op('Slice', [shapeOf(source), b.ints([axis]), b.ints([axis + 1])]);
    };
    const made = new Map<string, Value>();
    const missing: string[] = [];
    for (const name of reads) {
      const tensor = this.#shapes.get(name);
      if (tensor === undefined) continue;
      const tap = byName.get(tensor);
      const lengths = tap ? [] : this.facts.shapes.get(tensor)?.map(length);
      if (tap) made.set(name, shapeOf(tap));
      else if (lengths?.every((value) => value !== undefined))
        made.set(name, b.op('Concat', lengths, { axis: 0 }));
      else missing.push(name);
    }
    return { shapes: b.finish(made), missing };
  }

  /**
   * The constant under the tensor's name, its values taken from the forward model's file where they lie there
   * as they are.
   */
  #named(name: string, constant: ConstantTensor): ConstantTensor {
    const { dims, dtype } = constant;
    const raw = sharedBytes(constant);
    if (raw && raw.buffer === this.model.bytes.buffer) {
      const offset = raw.byteOffset - this.model.bytes.byteOffset;
      const external = { location: FORWARD_FILE, offset, length: raw.length };
      const proto = externalTensorProto({ ...constant, name, data: () => constant.data() }, external);
      return { name, dims, dtype, external, proto, data: () => constant.data() };
    }
    return constant.name === name ? constant : constantTensor(name, dims, constant.data(), dtype);
  }
}
