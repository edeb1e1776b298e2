/**
 * Builds an ONNX graph bottom up: equal nodes are shared, shapes are inferred, shape arithmetic is folded.
 */

import { MAX_CONSTANTS, MAX_FOLDED } from '../limits.js';
import type { ConstantTensor, DataType, Dim, Node, Shape } from '../model.js';
import { inferNode, noTensors } from '../shapes.js';
import { constantTensor } from '../values.js';
import { capturedBy } from '../walk.js';
import { type AttributeValue, makeNode } from '../write.js';
import { EMISSION_OPSET, type Operator, outputTypes } from './operators.js';
import { Unbuildable } from './unbuildable.js';

/** A tensor of the graph that is being built. */
export interface Value {
  readonly name: string;
  readonly dtype: DataType;
  /** As far as it is known; `undefined` for unknown rank. */
  readonly shape: Shape | undefined;
  /** The elements, row-major, where they are few and known: numbers, or names of lengths (`'batch'`). */
  readonly elements: readonly Dim[] | undefined;
}

export type Attributes = Readonly<Record<string, AttributeValue>>;

/** JSON has neither big integers nor infinities. */
function exactly(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' || (typeof value === 'number' && !Number.isFinite(value))
    ? `${value}`
    : value;
}

export interface BuiltGraph {
  readonly nodes: readonly Node[];
  readonly constants: readonly ConstantTensor[];
  /** Tensors that are computed elsewhere. */
  readonly reads: readonly string[];
}

export class GraphBuilder {
  readonly #nodes: Node[] = [];
  readonly #constants = new Map<string, ConstantTensor>();
  readonly #known = new Map<string, readonly Value[]>();
  readonly #scope = noTensors();
  /** Elements of the larger constants that were asked for. */
  #elements = 0;

  /** @param prefix Begins every name made here; no tensor of the forward graph may begin with it. */
  constructor(readonly prefix: string) {}

  /** The number of nodes so far. */
  get size(): number {
    return this.#nodes.length;
  }

  /**
   * A node, and its one output. A node that was built before is not built twice, and one that computes a
   * small integer constant becomes that constant. `undefined` stands for an optional input that is left out.
   *
   * @param attributes Plain numbers are integers; floats are wrapped by `float()` or `floats()` of
   *   `write.js`.
   */
  op(type: Operator, inputs: readonly (Value | undefined)[], attributes: Attributes = {}): Value {
    return this.ops(type, inputs, 1, attributes)[0];
  }

  /** A node with several outputs. */
  ops(
    type: Operator,
    inputs: readonly (Value | undefined)[],
    outputs: number,
    attributes: Attributes = {},
  ): readonly Value[] {
    const names = inputs.map((input) => input?.name ?? '');
    const key = JSON.stringify([type, names, outputs, Object.entries(attributes).sort()], exactly);
    return this.#once(key, () => {
      const name = this.#fresh(type);
      const node = makeNode(
        type,
        names,
        Array.from({ length: outputs }, (_, i) => (i === 0 ? name : `${name}:${i}`)),
        attributes,
        name,
      );
      const { shapes, value } = inferNode(node, EMISSION_OPSET, this.#scope);
      const types = outputTypes(node, inputs);
      const made = node.outputs.map((output, i) =>
        this.value(output, types[i], shapes[i], i === 0 ? value?.data : undefined),
      );
      const folded = outputs === 1 ? this.#folded(made[0]) : undefined;
      if (folded) return [folded];
      this.#nodes.push(node);
      return made;
    });
  }

  /** A float32 scalar, shape `[]`. */
  scalar(value: number): Value {
    return this.floats([value], []);
  }

  /** A float32 constant. @param dims Default: a vector. */
  floats(values: readonly number[] | Float32Array, dims: readonly number[] = [values.length]): Value {
    return this.#constant('float32', values, dims, () => Float32Array.from(values));
  }

  /** An int64 constant, such as axes or a shape. @param dims Default: a vector. */
  ints(values: readonly number[], dims: readonly number[] = [values.length]): Value {
    if (!values.every(Number.isInteger)) throw new Unbuildable('whole numbers', 'others');
    return this.#constant('int64', values, dims, () => BigInt64Array.from(values, BigInt));
  }

  /** A constant that exists already, weights for instance, under its own name. */
  adopt(tensor: ConstantTensor): Value {
    this.#constants.set(tensor.name, tensor);
    return this.value(tensor.name, tensor.dtype, tensor.dims);
  }

  /** A tensor that is not computed here, under its own name. */
  value(name: string, dtype: DataType, shape?: Shape, elements?: readonly Dim[]): Value {
    if (shape) this.#scope.shapes.set(name, shape);
    if (elements && shape?.every((dim) => typeof dim === 'number'))
      this.#scope.values.set(name, { shape, data: elements, real: dtype.startsWith('float') });
    return { name, dtype, shape, elements };
  }

  /** The same tensor with a shape that could not be inferred. */
  stated(value: Value, shape: Shape | undefined): Value {
    if (!shape) return value;
    const { elements, name, dtype } = value;
    const known = value.shape?.length === shape.length ? value.shape : undefined;
    return this.value(
      name,
      dtype,
      shape.map((dim, i) => (typeof dim === 'number' ? dim : (known?.[i] ?? dim))),
      elements,
    );
  }

  /**
   * The nodes and constants that the outputs depend on, in topological order, and the names they take from
   * outside.
   * @param outputs What each value is called as an output of the graph.
   */
  finish(outputs: ReadonlyMap<string, Value>): BuiltGraph {
    const renamed = new Map<string, string>();
    // A captured tensor keeps its name, which a subgraph uses.
    const captured = new Set(this.#nodes.flatMap(capturedBy));
    const own = new Set(this.#nodes.flatMap((node) => node.outputs));
    for (const [name, { name: inner }] of outputs) {
      if (own.has(inner) && !renamed.has(inner) && !captured.has(inner)) renamed.set(inner, name);
      else this.#nodes.push(makeNode('Identity', [inner], [name], {}, name));
    }
    const live = new Set(outputs.keys());
    const called = (name: string) => renamed.get(name) ?? name;
    const nodes = this.#nodes
      .map((node) => ({ ...node, inputs: node.inputs.map(called), outputs: node.outputs.map(called) }))
      .toReversed()
      .filter((node) => {
        const used = node.outputs.some((output) => live.has(output));
        if (used)
          for (const input of [...node.inputs, ...capturedBy(node)]) if (input !== '') live.add(input);
        return used;
      })
      .reverse();
    const made = new Set(nodes.flatMap((node) => node.outputs));
    const constants = [...this.#constants.values()].filter(({ name }) => live.has(name));
    for (const { name } of constants) made.add(name);
    return { nodes, constants, reads: [...live].filter((name) => !made.has(name)) };
  }

  #folded({ dtype, shape, elements }: Value): Value | undefined {
    const numbers = elements?.filter((dim) => typeof dim === 'number');
    const dims = shape?.filter((dim) => typeof dim === 'number');
    if (numbers === undefined || numbers.length !== elements?.length || dims?.length !== shape?.length)
      return undefined;
    return dtype === 'int64' ? this.ints(numbers, dims) : undefined;
  }

  #constant(
    dtype: 'float32' | 'int64',
    values: readonly number[] | Float32Array,
    dims: readonly number[],
    data: () => Float32Array | BigInt64Array,
  ): Value {
    if (values.length > MAX_FOLDED) this.#elements += values.length;
    if (this.#elements > MAX_CONSTANTS)
      throw new Unbuildable(`constants of at most ${MAX_CONSTANTS} elements`, 'larger ones');
    const key = `${dtype} [${dims}] ${values.join()}`;
    return this.#once(key, () => {
      const tensor = constantTensor(this.#fresh('constant'), dims, data());
      this.#constants.set(tensor.name, tensor);
      const elements = values.length > MAX_FOLDED ? undefined : Array.from(values);
      return [this.value(tensor.name, dtype, dims, elements)];
    })[0];
  }

  #once(key: string, make: () => readonly Value[]): readonly Value[] {
    const known = this.#known.get(key) ?? make();
    this.#known.set(key, known);
    return known;
  }

  #fresh(kind: string): string {
    return `${this.prefix}${kind}_${this.#known.size}`;
  }
}
