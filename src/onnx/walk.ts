/** Producers and consumers of tensors, and the nodes between two tensors. */

import { CamError } from '../errors.js';
import type { ConstantTensor, Graph, Node } from './model.js';
import { constantTensor } from './values.js';

export interface GraphIndex {
  /** Nodes in topological order; in file order where that is topological. */
  readonly order: readonly Node[];
  /** The node that makes a tensor; `undefined` for graph inputs, initialisers and unknown names. */
  producer(tensor: string): Node | undefined;
  /** The nodes that read a tensor, subgraphs included, in topological order; each once. */
  consumers(tensor: string): readonly Node[];
  /** The tensors that a node reads: its inputs, and those that its subgraphs capture. */
  reads(node: Node): ReadonlySet<string>;
  /** The value of an initialiser, a Constant node, or an Identity of one. */
  constant(tensor: string): ConstantTensor | undefined;
}

/** By nodes: graphs that differ in inputs, outputs or value information alone share one index. */
const indexed = new WeakMap<readonly Node[], Pick<Graph, 'initializers'> & { readonly index: GraphIndex }>();

/**
 * The index of a graph. A graph does not change, so that it is indexed once.
 * @throws {CamError} `model` when a tensor has two producers or depends on itself.
 */
export function indexGraph(graph: Graph, where = 'model'): GraphIndex {
  const { nodes, initializers } = graph;
  const known = indexed.get(nodes);
  if (known?.initializers === initializers) return known.index;
  const index = makeIndex(graph, where);
  indexed.set(nodes, { initializers, index });
  return index;
}

/**
 * The index of a graph that is read once, not kept: a model may have thousands of subgraphs.
 * @throws {CamError} `model`
 */
export function makeIndex(graph: Graph, where: string): GraphIndex {
  const producers = new Map<string, Node>();
  // Tensors that are read before any node has made them: inputs, initialisers, and nodes out of order.
  const early = new Set<string>();
  for (const node of graph.nodes) {
    for (const input of namesRead(node)) if (!producers.has(input)) early.add(input);
    for (const output of node.outputs) {
      if (output === '') continue;
      if (producers.has(output))
        throw new CamError(
          'model',
          `${where}: expected one node to make tensor "${output}", got two. Export the model again.`,
        );
      producers.set(output, node);
    }
  }
  let isSorted = true;
  for (const name of early) if (producers.has(name)) isSorted = false;
  const order = isSorted ? graph.nodes : sorted(graph.nodes, producers, where);
  let consumers: ReturnType<typeof consumersOf> | undefined;

  const constants = new Map<string, ConstantTensor | undefined>();
  const constant = (tensor: string): ConstantTensor | undefined => {
    // Names of the same constant: a chain of Identity nodes may be as long as the graph.
    const same: string[] = [];
    let name: string | undefined = tensor;
    let found: ConstantTensor | undefined;
    while (name !== undefined && !constants.has(name)) {
      same.push(name);
      const node = producers.get(name);
      found = graph.initializers.get(name) ?? (node?.domain === '' ? attributeConstant(node) : undefined);
      const isPassed: boolean = !found && node?.domain === '' && node.opType === 'Identity';
      name = isPassed ? node?.inputs[0] : undefined;
    }
    if (name !== undefined) found = constants.get(name);
    for (const one of same) constants.set(one, found);
    return found;
  };

  return {
    order,
    producer: (tensor) => producers.get(tensor),
    reads: readsOf,
    consumers: (tensor) => {
      consumers ??= consumersOf(order);
      const found = tensor === '' ? undefined : consumers.get(tensor);
      return found === undefined ? [] : 'opType' in found ? [found] : found;
    },
    constant,
  };
}

/** By tensor: its one consumer, or several. Most tensors have one, and graphs may have 100,000. */
function consumersOf(order: readonly Node[]): ReadonlyMap<string, Node | readonly Node[]> {
  const consumers = new Map<string, Node | Node[]>();
  for (const node of order)
    for (const input of namesRead(node)) {
      const known = consumers.get(input);
      if (known === undefined) consumers.set(input, node);
      else if ('opType' in known) {
        if (known !== node) consumers.set(input, [known, node]);
      } else if (known[known.length - 1] !== node) known.push(node);
    }
  return consumers;
}

function readsOf(node: Node): ReadonlySet<string> {
  const names = new Set(namesRead(node));
  names.delete('');
  return names;
}

/** Inputs and captured tensors. A name may come twice; `''` is an input that is left out. */
function namesRead(node: Node): readonly string[] {
  const captured = capturedBy(node);
  return captured.length > 0 ? [...node.inputs, ...captured] : node.inputs;
}

const capturedNames = new WeakMap<Node, readonly string[]>();
const NO_NAMES: readonly string[] = [];

/** The tensors of the graph around that the subgraphs of a node (If, Loop, Scan) read. */
export function capturedBy(node: Node): readonly string[] {
  if (node.attributes.size === 0) return NO_NAMES;
  const known = capturedNames.get(node);
  if (known) return known;
  const bodies = subgraphs(node);
  if (bodies.length === 0) return NO_NAMES;
  const names = bodies.flatMap((graph) => [...captures(graph)]);
  capturedNames.set(node, names);
  return names;
}

/** The value of a Constant node, which holds a tensor, a number or a list of numbers. */
function attributeConstant(node: Node): ConstantTensor | undefined {
  if (node.opType !== 'Constant') return undefined;
  const [name = ''] = node.outputs;
  for (const { type, value } of node.attributes.values()) {
    if (type === 'tensor') return value;
    if (type === 'float') return constantTensor(name, [], Float32Array.of(value));
    if (type === 'floats') return constantTensor(name, [value.length], Float32Array.from(value));
    if (type === 'int') return constantTensor(name, [], BigInt64Array.of(toInt64(value)));
    if (type === 'ints') return constantTensor(name, [value.length], BigInt64Array.from(value, toInt64));
  }
  return undefined;
}

/** 2^63 - 1 was read as the number 2^63, which int64 does not have. */
function toInt64(value: number): bigint {
  const limit = 2n ** 63n;
  return BigInt(value) >= limit ? limit - 1n : BigInt(value);
}

/** The subgraphs of If, Loop, Scan. */
export function subgraphs(node: Node): readonly Graph[] {
  const found: Graph[] = [];
  for (const attribute of node.attributes.values()) {
    if (attribute.type === 'graph') found.push(attribute.value);
    else if (attribute.type === 'graphs') for (const graph of attribute.value) found.push(graph);
  }
  return found;
}

/** The captured names of each subgraph; each graph around it needs them again. */
const captured = new WeakMap<Graph, ReadonlySet<string>>();

function captures(graph: Graph): ReadonlySet<string> {
  const known = captured.get(graph);
  if (known) return known;
  const own = new Set([...graph.initializers.keys(), ...graph.sparseInitializers.keys()]);
  for (const { name } of graph.inputs) own.add(name);
  for (const node of graph.nodes) for (const output of node.outputs) own.add(output);
  const taken = new Set<string>();
  const take = (name: string) => {
    if (!own.has(name)) taken.add(name);
  };
  for (const node of graph.nodes) for (const name of namesRead(node)) if (name !== '') take(name);
  for (const { name } of graph.outputs) take(name);
  captured.set(graph, taken);
  return taken;
}

/** Depth first along the inputs. Not recursive: real graphs are thousands of nodes deep. */
function sorted(
  nodes: readonly Node[],
  producers: ReadonlyMap<string, Node>,
  where: string,
): readonly Node[] {
  const order: Node[] = [];
  const state = new Map<Node, 'open' | 'done'>();
  for (const root of nodes) {
    const stack = [root];
    for (let node = stack.at(-1); node; node = stack.at(-1)) {
      if (state.get(node) === 'done') {
        stack.pop();
        continue;
      }
      const waiting = [...readsOf(node)]
        .map((input) => producers.get(input))
        .filter((maker) => maker !== undefined && state.get(maker) !== 'done');
      if (waiting.length === 0) {
        state.set(node, 'done');
        order.push(node);
        stack.pop();
        continue;
      }
      const cyclic =
        state.get(node) === 'open' || waiting.some((maker) => maker && state.get(maker) === 'open');
      if (cyclic)
        throw new CamError(
          'model',
          `${where}: expected a graph without cycles, got one through node "${node.name}" (${node.opType}). Export the model again.`,
        );
      state.set(node, 'open');
      for (const maker of waiting) if (maker) stack.push(maker);
    }
  }
  return order;
}

/** Every node that depends on a tensor, or on one of several, in topological order. */
export function descendants(index: GraphIndex, tensors: string | readonly string[]): readonly Node[] {
  const reached = new Set(typeof tensors === 'string' ? [tensors] : tensors);
  const found: Node[] = [];
  for (const node of index.order) {
    if (!namesRead(node).some((name) => reached.has(name))) continue;
    for (const output of node.outputs) if (output !== '') reached.add(output);
    found.push(node);
  }
  return found;
}

/** Every node that tensors depend on, their producers included, in topological order. */
export function ancestors(index: GraphIndex, tensors: string | readonly string[]): readonly Node[] {
  const wanted = new Set(typeof tensors === 'string' ? [tensors] : tensors);
  const found: Node[] = [];
  for (let i = index.order.length - 1; i >= 0; i--) {
    const node = index.order[i];
    if (!node.outputs.some((name) => name !== '' && wanted.has(name))) continue;
    for (const input of namesRead(node)) wanted.add(input);
    found.push(node);
  }
  return found.reverse();
}

/** The nodes on any path from one tensor to another, in topological order: those of a backward pass. */
export function between(index: GraphIndex, from: string, to: string): readonly Node[] {
  const below = new Set(descendants(index, from));
  return ancestors(index, to).filter((node) => below.has(node));
}
