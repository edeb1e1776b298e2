/** Decisions that an exporter left in a graph although they are known before the run. */

import type { Graph, Model, Node } from './model.js';
import { parseModel } from './read.js';
import { inferTensors, type Scope } from './shapes.js';
import { writeModel } from './write.js';

/**
 * The model with each If whose condition is known replaced by the branch that is taken; the very same model where there
 * is none. Exporters write them for `squeeze` of an axis whose length they did not look at.
 */
export function resolveBranches(model: Model): Model {
  if (!model.graph.nodes.some(({ opType }) => opType === 'If')) return model;
  const facts = inferTensors(model);
  const graph = flatten(model.graph, facts);
  if (graph === model.graph) return model;
  const written = parseModel(writeModel({ ...model, graph }), model.name);
  // Values outside the file are read through the model that knows where they are.
  const initializers = new Map(written.graph.initializers);
  for (const [name, tensor] of model.graph.initializers) if (tensor.external) initializers.set(name, tensor);
  // A branch may hold another decision.
  return resolveBranches({ ...written, graph: { ...written.graph, initializers } });
}

function flatten(graph: Graph, facts: Scope): Graph {
  const initializers = new Map(graph.initializers);
  let changed = false;
  const nodes = graph.nodes.flatMap((node) => {
    const branch = takenBranch(node, facts);
    if (!branch) return [node];
    changed = true;
    for (const [name, tensor] of branch.initializers) initializers.set(name, tensor);
    return [...branch.nodes, ...branch.outputs.map(({ name }, i) => identity(name, node.outputs[i]))];
  });
  return changed ? { ...graph, nodes, initializers } : graph;
}

/** Names inside a branch cannot clash with those around it: ONNX lets subgraphs see them, and forbids to reuse them. */
function takenBranch({ opType, domain, inputs, attributes }: Node, facts: Scope): Graph | undefined {
  if (opType !== 'If' || domain !== '') return undefined;
  const condition = facts.values.get(inputs[0])?.data[0];
  if (typeof condition !== 'number') return undefined;
  const branch = attributes.get(condition ? 'then_branch' : 'else_branch');
  return branch?.type === 'graph' && branch.value.sparseInitializers.size === 0 ? branch.value : undefined;
}

function identity(from: string, to: string): Node {
  return { name: to, opType: 'Identity', domain: '', inputs: [from], outputs: [to], attributes: new Map() };
}
