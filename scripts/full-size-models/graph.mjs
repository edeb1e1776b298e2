// A graph that is written node by node, with names and constants as exporters give them.
import { constantTensor, float, makeGraph, makeNode, writeModel } from '../../dist/onnx/index.js';
import { weightValues } from './weights.mjs';

export { float };

const product = (dims) => dims.reduce((size, dim) => size * dim, 1);

/** The IR version that each exporter writes: torch.onnx.export's until torch 2.8, and the one since then. */
const IR = { torchscript: 8, dynamo: 10 };

export class GraphWriter {
  /** @param {{ exporter: 'torchscript' | 'dynamo', opset: number, seed: number }} form */
  constructor(form) {
    this.form = form;
    this.nodes = [];
    this.initializers = [];
    this.counts = new Map();
    this.known = new Map();
  }

  /** How often a name was asked for before. */
  count(name) {
    const count = this.counts.get(name) ?? 0;
    this.counts.set(name, count + 1);
    return count;
  }

  /** What `make` gives, made once. */
  once(key, make) {
    if (!this.known.has(key)) this.known.set(key, make());
    return this.known.get(key);
  }

  initializer(name, dims, values) {
    this.initializers.push(constantTensor(name, dims, values));
    return name;
  }

  /** The writer of a module's nodes; `path` as `/blocks/blocks.0/attn`. */
  at(path) {
    return new Scope(this, path);
  }

  /** @param ends Inputs and outputs by name, with their shapes. */
  bytes(name, { inputs, outputs }) {
    const infos = (ends) =>
      Object.entries(ends).map(([end, shape]) => ({ name: end, dtype: 'float32', shape }));
    const { exporter, opset } = this.form;
    return writeModel({
      irVersion: IR[exporter],
      opsets: new Map([['', opset]]),
      producer: 'pytorch',
      graph: makeGraph(name, {
        nodes: this.nodes,
        initializers: this.initializers,
        inputs: infos(inputs),
        outputs: infos(outputs),
      }),
    });
  }
}

/** Writes the nodes of one module. */
class Scope {
  constructor(graph, path) {
    this.graph = graph;
    this.path = path;
    this.form = graph.form;
  }

  get isTorchScript() {
    return this.form.exporter === 'torchscript';
  }

  /** The module below this one. */
  at(path) {
    return this.graph.at(`${this.path === '/' ? '' : this.path}/${path}`);
  }

  /** `blocks.0.attn`: how parameters name the module. */
  get module() {
    const parts = this.path.split('/').slice(1);
    const own = parts.filter((part, i) => !parts[i + 1]?.startsWith(`${part}.`));
    return own.join('.');
  }

  /** Adds a node with one output, and gives its name. `as`: the name of a graph output. */
  op(opType, inputs, attributes = {}, as) {
    return this.ops(opType, inputs, 1, attributes, as && [as])[0];
  }

  ops(opType, inputs, count, attributes = {}, as) {
    const { name, outputs } = this.#names(opType, count);
    this.graph.nodes.push(makeNode(opType, inputs, as ?? outputs, attributes, name));
    return as ?? outputs;
  }

  #names(opType, count) {
    if (!this.isTorchScript) {
      const name = `node_${opType}_${this.graph.count('node')}`;
      return { name, outputs: Array.from({ length: count }, () => `val_${this.graph.count('val')}`) };
    }
    const stem = `${this.path === '/' ? '' : this.path}/${opType}`;
    const used = this.graph.count(stem);
    const name = used === 0 ? stem : `${stem}_${used}`;
    return { name, outputs: Array.from({ length: count }, (_, i) => `${name}_output_${i}`) };
  }

  /** A constant: a node of its own in TorchScript's form, an initialiser that is shared in dynamo's. */
  constant(dims, values) {
    if (!this.isTorchScript) {
      const key = `${values.constructor.name} ${dims} ${values.join()}`;
      const made = () => this.graph.initializer(`val_${this.graph.count('val')}`, dims, values);
      return values.length > 64 ? made() : this.graph.once(key, made);
    }
    return this.op('Constant', [], { value: { type: 'tensor', value: constantTensor('', dims, values) } });
  }

  ints(...values) {
    return this.constant([values.length], BigInt64Array.from(values, BigInt));
  }

  int(value) {
    return this.constant([], BigInt64Array.of(BigInt(value)));
  }

  real(value) {
    return this.constant([], Float32Array.of(value));
  }

  /** A parameter of this module, drawn evenly with this standard deviation. */
  parameter(name, dims, spread, mean = 0) {
    return this.weights(`${this.module}.${name}`.replace(/^\./, ''), dims, spread, mean);
  }

  weights(name, dims, spread, mean = 0) {
    const { seed } = this.form;
    return this.graph.initializer(name, dims, weightValues(product(dims), { seed, name, spread, mean }));
  }

  /** A weight that the exporter has transposed or folded, under the name that it gives it. */
  folded(opType, name, dims, spread) {
    const { seed } = this.form;
    const named = this.isTorchScript
      ? `onnx::${opType}_${1000 + this.graph.count('folded')}`
      : `val_${this.graph.count('val')}`;
    const values = weightValues(product(dims), { seed, name: `${this.module}.${name}`, spread });
    return this.graph.initializer(named, dims, values);
  }

  /** Axes of Squeeze and Unsqueeze: an attribute before opset 13. */
  withAxes(opType, input, axes) {
    return this.form.opset < 13
      ? this.op(opType, [input], { axes })
      : this.op(opType, [input, this.ints(...axes)]);
  }

  /** Equal parts along an axis. */
  split(input, axis, sizes) {
    const { opset } = this.form;
    if (opset < 13) return this.ops('Split', [input], sizes.length, { axis, split: sizes });
    return this.ops('Split', [input, this.ints(...sizes)], sizes.length, { axis });
  }

  /** Along one axis; an attribute's steps are 1. */
  slice(input, axis, from, to, step = 1) {
    const steps = step === 1 && !this.isTorchScript ? [] : [this.ints(step)];
    return this.op('Slice', [input, this.ints(from), this.ints(to), this.ints(axis), ...steps]);
  }

  /** The length of an axis, as a scalar: `x.shape[axis]`. */
  length(input, axis) {
    if (this.isTorchScript)
      return this.op('Gather', [this.op('Shape', [input]), this.int(axis)], { axis: 0 });
    return this.graph.once(`length ${axis} of ${input}`, () =>
      this.op('Squeeze', [this.op('Shape', [input], { start: axis, end: axis + 1 })]),
    );
  }

  /** ConstantOfShape with 1 for each element. */
  ones(shape) {
    const value = { type: 'tensor', value: constantTensor('', [1], BigInt64Array.of(1n)) };
    return this.op('ConstantOfShape', [shape], { value });
  }

  /** Reshape to lengths that are numbers, or scalars that `length` gave. */
  reshape(input, lengths) {
    const isFixed = lengths.every((length) => typeof length === 'number');
    if (isFixed) return this.op('Reshape', [input, this.ints(...lengths)], this.#allowZero());
    return this.op('Reshape', [input, this.shape(lengths)], this.#allowZero());
  }

  #allowZero() {
    return this.isTorchScript && this.form.opset < 14 ? {} : { allowzero: this.isTorchScript ? 0 : 1 };
  }

  /** Lengths as one tensor of a shape. */
  shape(lengths) {
    const parts = lengths.map((length) => {
      if (typeof length === 'number') return this.ints(length);
      if (!this.isTorchScript) return this.op('Reshape', [length, this.ints(-1)], { allowzero: 0 });
      return this.withAxes('Unsqueeze', length, [0]);
    });
    return this.op('Concat', parts, { axis: 0 });
  }

  transpose(input, perm) {
    return this.op('Transpose', [input], { perm });
  }
}
