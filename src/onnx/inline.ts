/** Local functions put in the place of their calls, so that the graph is all that there is to a model. */

import { CamError } from '../errors.js';
import { callees, functionKey, keyOfCall, nodesWithin } from './functions.js';
import { MAX_INLINED } from './limits.js';
import type { Attribute, ConstantTensor, Graph, LocalFunction, Model, Node } from './model.js';
import { NAME } from './tensor.js';
import { TakenNames } from './tensor-names.js';
import { WireReader } from './wire.js';
import { WireWriter } from './wire-writer.js';

/** Characters of the names of calls, one within the other, that lead the names in a body. */
const MOST_OF_PREFIX = 256;

/** Where names have a meaning: the graph, the body of a function for one call, or a subgraph of either. */
interface Scope {
  /** The names of its tensors in the graph that is made. */
  readonly names: Map<string, string>;
  /** Of a subgraph. */
  readonly outer?: Scope;
  /** Of a body and of what is in it: the attributes of the call. */
  readonly attributes?: ReadonlyMap<string, Attribute>;
  readonly prefix: string;
}

/**
 * The parts of the model without local functions; `undefined` where its graph calls none.
 * @throws {CamError} `model` for functions of other opsets than the model's, and for more than memory has.
 */
export function inlined(model: Model): Pick<Model, 'graph' | 'opsets'> | undefined {
  const called = callees(model);
  if (called.length === 0) return undefined;
  const opsets = joinedOpsets(model, called);
  const inliner = new Inliner(model, called);
  return { opsets, graph: inliner.whole() };
}

/** The opsets of model and functions, which have to agree: a body is read as of the model's. */
function joinedOpsets(
  { name, opsets }: Model,
  called: readonly LocalFunction[],
): ReadonlyMap<string, number> {
  const joined = new Map(opsets);
  const local = new Set(called.map(functionKey));
  for (const one of called) {
    const used = new Set<string>();
    for (const node of nodesWithin(one.nodes)) if (!local.has(keyOfCall(node))) used.add(node.domain);
    for (const [domain, version] of one.opsets) {
      const known = joined.get(domain) ?? version;
      joined.set(domain, known);
      if (known === version || !used.has(domain)) continue;
      const what = domain === '' ? 'opset' : `version of "${domain}"`;
      throw new CamError(
        'model',
        `${name}: expected local functions in the model's ${what} ${known}, got "${functionKey(one)}" in ${version}. Export the model without local functions.`,
      );
    }
  }
  return joined;
}

class Inliner {
  readonly #functions: ReadonlyMap<string, LocalFunction>;
  readonly #taken: TakenNames;
  readonly #sizes = new WeakMap<Attribute, number>();
  /** Bytes that bodies may still take. */
  #left: number;

  constructor(
    private readonly model: Model,
    called: readonly LocalFunction[],
  ) {
    this.#functions = new Map(called.map((one) => [functionKey(one), one]));
    const { graph } = model;
    this.#taken = new TakenNames([...graph.initializers.keys(), ...graph.inputs.map(({ name }) => name)]);
    for (const name of graph.sparseInitializers.keys()) this.#taken.add(name);
    for (const { inputs, outputs } of nodesWithin(graph.nodes))
      for (const name of [...inputs, ...outputs]) this.#taken.add(name);
    this.#left = model.bytes.length + MAX_INLINED;
  }

  whole(): Graph {
    const { graph } = this.model;
    const scope: Scope = { names: new Map(), prefix: '' };
    return { ...graph, nodes: graph.nodes.flatMap((node) => this.#node(node, scope)) };
  }

  #node(node: Node, scope: Scope): readonly Node[] {
    const inputs = node.inputs.map((name) => this.#called(name, scope));
    const outputs = node.outputs.map((name) => this.#called(name, scope));
    const attributes = this.#attributes(node, scope);
    const one = this.#functions.get(keyOfCall(node));
    const isOwn = scope.prefix === '' || node.name === '';
    const made = { ...node, name: isOwn ? node.name : scope.prefix + node.name, inputs, outputs, attributes };
    if (one) return this.#body(one, made, scope);
    if (scope.attributes) this.#charge(made);
    return [made];
  }

  /** The nodes of a function, in the place of a call of it. */
  #body(one: LocalFunction, call: Node, outer: Scope): readonly Node[] {
    const names = new Map(one.inputs.map((name, i) => [name, call.inputs[i] ?? '']));
    const passed: Node[] = [];
    for (const [i, name] of one.outputs.entries()) {
      const to = call.outputs[i] ?? '';
      const from = names.get(name);
      // An input that is an output as well, or an output that is given twice.
      if (to === '') continue;
      if (from === undefined) names.set(name, to);
      else passed.push(identity(from, to));
    }
    const prefix = `${(call.name || outer.prefix + one.name).slice(-MOST_OF_PREFIX)}/`;
    const scope: Scope = { names, prefix, attributes: new Map([...one.defaults, ...call.attributes]) };
    return [...one.nodes.flatMap((node) => this.#node(node, scope)), ...passed];
  }

  /** The name of a tensor of a scope in the graph that is made. */
  #called(name: string, scope: Scope): string {
    if (name === '') return name;
    let at = scope;
    while (at.outer && !at.names.has(name)) at = at.outer;
    const known = at.names.get(name);
    if (known !== undefined || !at.attributes) return known ?? name;
    // What the body makes, or does not have: never a tensor of the graph around it.
    const free = this.#free(name, at);
    at.names.set(name, free);
    return free;
  }

  #free(name: string, { prefix }: Scope): string {
    const wanted = prefix + name;
    if (this.#taken.has(wanted)) return this.#taken.like(wanted);
    this.#taken.add(wanted);
    return wanted;
  }

  /** References to attributes of the call become what it gives; without a value they are left out. */
  #attributes(node: Node, scope: Scope): ReadonlyMap<string, Attribute> {
    if (node.attributes.size === 0) return node.attributes;
    const made = new Map<string, Attribute>();
    for (const [name, attribute] of node.attributes) {
      const reference = scope.attributes && attribute.type === 'opaque' && referenceOf(attribute.value);
      const value = reference ? scope.attributes.get(reference) : this.#attribute(attribute, scope);
      if (value) made.set(name, value);
    }
    return made;
  }

  #attribute(attribute: Attribute, scope: Scope): Attribute {
    if (attribute.type === 'graph') return { type: 'graph', value: this.#graph(attribute.value, scope) };
    if (attribute.type !== 'graphs') return attribute;
    return { type: 'graphs', value: attribute.value.map((graph) => this.#graph(graph, scope)) };
  }

  /** A subgraph, which reads tensors of the scope around it; those of a function have names of their own. */
  #graph(graph: Graph, outer: Scope): Graph {
    const { prefix, attributes } = outer;
    const scope: Scope = { names: new Map(), prefix, outer, ...(attributes && { attributes }) };
    const define = (name: string) => {
      if (name !== '') scope.names.set(name, attributes ? this.#free(name, outer) : name);
    };
    for (const name of graph.sparseInitializers.keys()) scope.names.set(name, name);
    for (const { name } of graph.inputs) define(name);
    for (const name of graph.initializers.keys()) define(name);
    for (const { outputs } of graph.nodes) for (const name of outputs) define(name);
    const renamed = <T extends { readonly name: string }>(info: T): T => ({
      ...info,
      name: this.#called(info.name, scope),
    });
    return {
      ...graph,
      nodes: graph.nodes.flatMap((node) => this.#node(node, scope)),
      inputs: graph.inputs.map(renamed),
      outputs: graph.outputs.map(renamed),
      initializers: new Map(
        Array.from(graph.initializers, ([name, tensor]) => {
          const free = scope.names.get(name) ?? name;
          return [free, free === name ? tensor : withName(tensor, free)];
        }),
      ),
      valueInfo: new Map(
        Array.from(graph.valueInfo.values(), (info) => {
          const { name, ...rest } = renamed(info);
          return [name, { name, ...rest }];
        }),
      ),
    };
  }

  /** @throws {CamError} `model` where bodies take more than memory has. */
  #charge({ name, inputs, outputs, attributes }: Node): void {
    this.#left -= name.length;
    for (const one of [...inputs, ...outputs]) this.#left -= one.length;
    for (const attribute of attributes.values()) this.#left -= this.#size(attribute);
    if (this.#left >= 0) return;
    throw new CamError(
      'model',
      `${this.model.name}: expected local functions that stand for at most ${MAX_INLINED / 2 ** 20} MB more than the file has, got more. Export the model without local functions.`,
    );
  }

  /** Bytes of an attribute, about. */
  #size(attribute: Attribute): number {
    const known = this.#sizes.get(attribute) ?? this.#sum(attribute);
    this.#sizes.set(attribute, known);
    return known;
  }

  #sum({ type, value }: Attribute): number {
    const proto = (tensors: readonly ConstantTensor[]) =>
      tensors.reduce((sum, tensor) => sum + tensor.proto.length, 0);
    const inside = ({ nodes, initializers }: Graph): number => {
      let sum = proto([...initializers.values()]);
      for (const { name, inputs, outputs, attributes } of nodes) {
        for (const one of [name, ...inputs, ...outputs]) sum += one.length;
        for (const one of attributes.values()) sum += this.#size(one);
      }
      return sum;
    };
    if (type === 'tensor') return proto([value]);
    if (type === 'tensors') return proto(value);
    if (type === 'graph') return inside(value);
    if (type === 'graphs') return value.reduce((sum, graph) => sum + inside(graph), 0);
    if (type === 'strings') return value.reduce((sum, text) => sum + text.length, 0);
    return typeof value === 'number'
      ? 8
      : type === 'string' || type === 'opaque'
        ? value.length
        : 8 * value.length;
  }
}

/** The attribute of the call that an AttributeProto refers to. */
function referenceOf(proto: Uint8Array): string | undefined {
  for (const r = new WireReader('attribute', proto, 0, proto.length, false); r.next(); )
    if (r.field === REFERENCE) return r.string();
    else r.skip();
  return undefined;
}

/** AttributeProto's `ref_attr_name`. */
const REFERENCE = 21;

/** The constant under another name, its values where they are. */
function withName(tensor: ConstantTensor, name: string): ConstantTensor {
  const w = new WireWriter();
  for (const r = new WireReader(name, tensor.proto, 0, tensor.proto.length, false); r.next(); )
    if (r.field === NAME) r.skip();
    else w.append(r.wholeField());
  w.string(NAME, name);
  const { dtype, dims, external } = tensor;
  return { name, dtype, dims, ...(external && { external }), proto: w.finish(), data: () => tensor.data() };
}

function identity(from: string, to: string): Node {
  return { name: to, opType: 'Identity', domain: '', inputs: [from], outputs: [to], attributes: new Map() };
}
