/** Models that no exporter would write. */

import {
  type Attribute,
  constantTensor,
  type Graph,
  type Model,
  makeGraph,
  makeNode,
  type Node,
  type Shape,
  subgraphs,
  type ValueInfo,
  writeModel,
} from '../../src/onnx/index.js';
import { dataTypes } from '../../src/onnx/model.js';
import { readModel } from '../../src/onnx/read.js';
import { damaged } from './damage.js';
import { type Draft, draftOf, graphOf, tensorsOf } from './draft.js';
import { domains, equations, integers, names, operators, options, reals, texts } from './oddities.js';
import type { Random } from './random.js';

type Mutation = (draft: Draft, random: Random) => void;

const anyNode = ({ nodes }: Draft, random: Random) => random.below(nodes.length);

function changeNode(change: (node: Node, draft: Draft, random: Random) => Node): Mutation {
  return (draft, random) => {
    if (draft.nodes.length === 0) return;
    const at = anyNode(draft, random);
    draft.nodes[at] = change(draft.nodes[at]!, draft, random);
  };
}

function list<T>(given: readonly T[], random: Random, value: () => T): T[] {
  const changed = [...given];
  const at = random.below(changed.length + 1);
  const way = random.below(5);
  if (way === 0) changed.splice(at, 1);
  else if (way === 1) changed.splice(at, 0, value());
  else if (way === 2) changed.push(...Array.from({ length: random.below(40) }, value));
  else if (way === 3) changed.reverse();
  else if (at < changed.length) changed[at] = value();
  return changed;
}

function anyAttribute(draft: Draft, random: Random): Attribute {
  const way = random.below(9);
  if (way < 2) return { type: 'int', value: random.of(integers) };
  if (way < 4)
    return { type: 'ints', value: Array.from({ length: random.below(9) }, () => random.of(integers)) };
  if (way === 4) return { type: 'float', value: random.of(reals) };
  if (way === 5)
    return { type: 'floats', value: Array.from({ length: random.below(6) }, () => random.of(reals)) };
  if (way === 6) return { type: 'string', value: random.of([...texts, ...equations, ...names]) };
  if (way === 7) return { type: 'tensor', value: anyTensor('value', random) };
  return { type: 'graph', value: random.chance(0.5) ? graphOf(draft) : anyBody(draft, random) };
}

function anyTensor(name: string, random: Random) {
  const dims = Array.from({ length: random.below(4) }, () => random.below(4));
  const size = dims.reduce((a, b) => a * b, 1);
  if (random.chance(0.5))
    return constantTensor(
      name,
      dims,
      BigInt64Array.from({ length: size }, () => BigInt.asIntN(64, BigInt(random.of(integers)))),
    );
  return constantTensor(
    name,
    dims,
    Float32Array.from({ length: size }, () => random.of(reals)),
  );
}

function anyBody(draft: Draft, random: Random): Graph {
  const from = random.of(tensorsOf(draft));
  let graph = makeGraph('b', {
    nodes: [makeNode(random.of(operators), [from], ['o'])],
    outputs: [{ name: 'o' }],
  });
  const flat = graph;
  for (let depth = random.chance(0.2) ? random.below(40) : 0; depth > 0; depth--) {
    const branches = {
      then_branch: { type: 'graph', value: graph },
      else_branch: { type: 'graph', value: flat },
    } as const;
    graph = makeGraph('b', {
      nodes: [makeNode('If', [from], ['o'], branches)],
      outputs: [{ name: 'o' }],
    });
  }
  return graph;
}

const attributes: Mutation = changeNode((node, draft, random) => {
  const known = [...node.attributes.keys()];
  const name = known.length > 0 && random.chance(0.7) ? random.of(known) : random.of(options);
  const changed = new Map(node.attributes);
  const old = changed.get(name);
  if (random.chance(0.15)) changed.delete(name);
  else if (old?.type === 'ints' && random.chance(0.8))
    changed.set(name, { type: 'ints', value: list(old.value, random, () => random.of(integers)) });
  else if (old?.type === 'int' && random.chance(0.8))
    changed.set(name, { type: 'int', value: random.of(integers) });
  else if (old?.type === 'string' && random.chance(0.8))
    changed.set(name, { type: 'string', value: random.of([...texts, ...equations]) });
  else changed.set(name, anyAttribute(draft, random));
  return { ...node, attributes: changed };
});

const rewired: Mutation = changeNode((node, draft, random) => ({
  ...node,
  inputs: list(node.inputs, random, () => random.of([...tensorsOf(draft), '', 'missing'])),
}));

const outputs: Mutation = changeNode((node, draft, random) => ({
  ...node,
  outputs: list(node.outputs, random, () => random.of([...tensorsOf(draft), '', 'fresh', ...names])),
}));

const operator: Mutation = changeNode((node, _, random) => ({
  ...node,
  opType: random.of(operators),
  domain: random.chance(0.8) ? node.domain : random.of(domains),
}));

const order: Mutation = (draft, random) => {
  const at = anyNode(draft, random);
  const [node] = draft.nodes.splice(at, 1);
  if (node && random.chance(0.6)) draft.nodes.splice(random.below(draft.nodes.length + 1), 0, node);
  else if (node && random.chance(0.3)) draft.nodes.push(node, node);
};

const inserted: Mutation = (draft, random) => {
  const node = draft.nodes[anyNode(draft, random)];
  const [input] = node?.inputs ?? [];
  if (!node || !input) return;
  const made = `inserted_${draft.nodes.length}`;
  const inputs = [input, ...Array.from({ length: random.below(3) }, () => random.of(tensorsOf(draft)))];
  draft.nodes.splice(draft.nodes.indexOf(node), 0, makeNode(random.of(operators), inputs, [made]));
  draft.nodes[draft.nodes.indexOf(node)] = { ...node, inputs: [made, ...node.inputs.slice(1)] };
};

const renamed: Mutation = (draft, random) => {
  const from = random.of(tensorsOf(draft));
  const to = random.of(names);
  const called = (name: string) => (name === from ? to : name);
  draft.nodes = draft.nodes.map((node) => ({
    ...node,
    inputs: node.inputs.map(called),
    outputs: node.outputs.map(called),
  }));
  for (const info of [draft.inputs, draft.outputs, draft.valueInfo])
    info.forEach((one, i) => {
      info[i] = { ...one, name: called(one.name) };
    });
  draft.initializers = draft.initializers.map((tensor) => ({
    ...tensor,
    tensor: tensor.tensor,
    name: called(tensor.name),
  }));
};

function anyShape(shape: Shape | undefined, random: Random): Shape | undefined {
  if (random.chance(0.15)) return undefined;
  return list(shape ?? [], random, () => (random.chance(0.3) ? random.of(names) : random.of(integers)));
}

const infos: Mutation = (draft, random) => {
  const which = random.of([draft.inputs, draft.inputs, draft.outputs, draft.valueInfo]);
  const at = random.below(which.length + 1);
  const info: ValueInfo = which[at] ?? { name: random.of([...tensorsOf(draft), ...names]) };
  const way = random.below(5);
  if (way === 0 && which.length > 0) which.splice(at, 1);
  else if (way === 1) which.splice(at, 1, { ...info, dtype: random.of(dataTypes) });
  else if (way === 2) which.push({ ...info, name: random.of(tensorsOf(draft)) });
  else
    which.splice(at, 1, {
      name: info.name,
      dtype: info.dtype ?? 'float32',
      shape: anyShape(info.shape, random),
    });
};

const constants: Mutation = (draft, random) => {
  const at = random.below(draft.initializers.length);
  const one = draft.initializers[at];
  if (!one) return;
  const way = random.below(5);
  if (way === 0) draft.initializers.splice(at, 1);
  else if (way === 1)
    draft.initializers[at] = {
      ...one,
      dims: list(one.dims ?? one.tensor.dims, random, () => Math.abs(random.of(integers))),
    };
  else if (way === 2) draft.initializers[at] = { ...one, dtype: random.of(dataTypes) };
  else
    draft.initializers[at] = {
      ...one,
      tensor: anyTensor(one.name, random),
      dims: undefined,
      dtype: undefined,
    };
};

const header: Mutation = (draft, random) => {
  const way = random.below(4);
  if (way < 2) draft.opset = random.of([7, 8, 9, 10, 11, 12, 13, 15, 16, 17, 18, 19, 21, 22, 23]);
  else if (way === 2) draft.irVersion = random.of([0, 3, 4, 7, 8, 9, 10, 99]);
  else draft.functions = random.chance(0.5) ? [] : [...draft.functions, ...draft.functions];
};

/** The same inside a body. */
const nested: Mutation = (draft, random) => {
  const holders = draft.nodes.filter((node) => subgraphs(node).length > 0);
  if (holders.length === 0) return;
  const node = random.of(holders);
  const changed = new Map(node.attributes);
  for (const [name, attribute] of node.attributes) {
    if (attribute.type !== 'graph' || !random.chance(0.7)) continue;
    const inner = draftOf(attribute.value, draft);
    random.of(mutations)(inner, random);
    changed.set(name, { type: 'graph', value: graphOf(inner) });
  }
  draft.nodes[draft.nodes.indexOf(node)] = { ...node, attributes: changed };
};

const mutations: readonly Mutation[] = [
  ...[attributes, attributes, attributes, rewired, rewired, outputs, operator, operator, order, inserted],
  ...[renamed, infos, infos, constants, constants, header, nested],
];

/** One to six changes, mostly of the graph, some of the bytes. The same seed gives the same changes. */
export function mutant(base: Uint8Array, random: Random): Uint8Array {
  let bytes = base;
  if (random.chance(0.8)) {
    // With calls of local functions, which `parseModel` would inline.
    const model: Model = readModel(base, 'base');
    const draft = draftOf(model.graph, model);
    for (let count = 1 + random.below(5); count > 0; count--) random.of(mutations)(draft, random);
    bytes = writeModel({
      irVersion: draft.irVersion,
      opsets: new Map([...model.opsets, ['', draft.opset]]),
      functions: draft.functions,
      graph: graphOf(draft),
    });
  }
  return bytes === base || random.chance(0.1) ? damaged(bytes, random) : bytes;
}
