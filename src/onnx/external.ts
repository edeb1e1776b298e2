/** The external files that hold a model's values. */

import type { Attribute, ConstantTensor, Graph, Model, Node } from './model.js';

/**
 * Every constant of a graph: initialisers and attributes, in subgraphs too.
 */
function* constants(graph: Graph): Generator<ConstantTensor> {
  yield* graph.initializers.values();
  for (const node of graph.nodes) yield* ofNode(node);
}

function* ofNode(node: Node): Generator<ConstantTensor> {
  for (const attribute of node.attributes.values()) yield* inside(attribute);
}

function* inside(attribute: Attribute): Generator<ConstantTensor> {
  if (attribute.type === 'tensor') yield attribute.value;
  else if (attribute.type === 'tensors') yield* attribute.value;
  else if (attribute.type === 'graph') yield* constants(attribute.value);
  else if (attribute.type === 'graphs') for (const graph of attribute.value) yield* constants(graph);
}

/**
 * The locations of all external values, each once. None leads out of the model's folder, except by links.
 */
export function externalLocations({ graph, functions }: Model): ReadonlySet<string> {
  const found = new Set<string>();
  const note = ({ external }: ConstantTensor) => {
    if (external) found.add(external.location);
  };
  for (const tensor of constants(graph)) note(tensor);
  for (const { nodes } of functions)
    for (const node of nodes) for (const tensor of ofNode(node)) note(tensor);
  return found;
}
