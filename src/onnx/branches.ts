/** If nodes whose condition is known before the run. */

import type { Graph, Model, Node } from './model.js';
import { readAgain } from './read-again.js';
import { inferTensors, type StaticTensors } from './shapes.js';
import { TakenNames } from './tensor-names.js';
import { constantTensor } from './values.js';
import { subgraphs } from './walk.js';
import { writeModel } from './write.js';

/**
 * The model with each If whose condition is known replaced by the branch that is taken; the same model where
 * there is none. Exporters write such an If for `squeeze` of an axis.
 */
export function resolveBranches(model: Model): Model {
  if (!model.graph.nodes.some(({ opType }) => opType === 'If')) return model;
  const known = resolved.get(model) ?? withBranches(model);
  resolved.set(model, known);
  return known;
}

const resolved = new WeakMap<Model, Model>();

function withBranches(model: Model): Model {
  const facts = inferTensors(model);
  const graph = flatten(model.graph, facts);
  if (graph === model.graph) return model;
  // A branch may hold another such If.
  return resolveBranches(readAgain(model, writeModel({ ...model, graph })));
}

function flatten(graph: Graph, facts: StaticTensors): Graph {
  const initializers = new Map(graph.initializers);
  const names = new TakenNames([...initializers.keys(), ...graph.inputs.map(({ name }) => name)]);
  for (const { outputs } of graph.nodes) for (const name of outputs) names.add(name);
  let changed = false;
  const nodes = graph.nodes.flatMap((node) => {
    const taken = takenBranch(node, facts);
    const branch = taken && withOwnNames(taken, names);
    if (!branch) return [node];
    changed = true;
    for (const [name, tensor] of branch.initializers) initializers.set(name, tensor);
    return [...branch.nodes, ...branch.outputs.map(({ name }, i) => identity(name, node.outputs[i]))];
  });
  return changed ? { ...graph, nodes, initializers } : graph;
}

function takenBranch({ opType, domain, inputs, attributes }: Node, facts: StaticTensors): Graph | undefined {
  if (opType !== 'If' || domain !== '') return undefined;
  const condition = facts.values.get(inputs[0])?.data[0];
  if (typeof condition !== 'number') return undefined;
  const branch = attributes.get(condition ? 'then_branch' : 'else_branch');
  return branch?.type === 'graph' && branch.value.sparseInitializers.size === 0 ? branch.value : undefined;
}

/**
 * The branch with names that no other tensor has; they are added to `names`. Two branches may use the same
 * names. `undefined` for a branch that would be renamed and has subgraphs, which may capture the old names.
 */
function withOwnNames(branch: Graph, names: TakenNames): Graph | undefined {
  const made = [...branch.initializers.keys(), ...branch.nodes.flatMap(({ outputs }) => outputs)];
  const clashes = new Set(made.filter((name) => name !== '' && names.has(name)));
  if (clashes.size > 0 && branch.nodes.some((node) => subgraphs(node).length > 0)) return undefined;
  for (const name of made) if (!clashes.has(name)) names.add(name);
  const renamed = new Map(made.map((name) => [name, clashes.has(name) ? names.like(name) : name]));
  const called = (name: string) => renamed.get(name) ?? name;
  return {
    ...branch,
    nodes: branch.nodes.map((node) => ({
      ...node,
      inputs: node.inputs.map(called),
      outputs: node.outputs.map(called),
    })),
    outputs: branch.outputs.map((output) => ({ ...output, name: called(output.name) })),
    initializers: new Map(
      Array.from(branch.initializers, ([name, tensor]) => {
        const { dims, dtype } = tensor;
        const free = called(name);
        return [free, free === name ? tensor : constantTensor(free, dims, tensor.data(), dtype)];
      }),
    ),
  };
}

function identity(from: string, to: string): Node {
  return { name: to, opType: 'Identity', domain: '', inputs: [from], outputs: [to], attributes: new Map() };
}
