import { type Attribute, type ConstantTensor, type Graph, parseModel } from '../onnx/index.js';

/** Every place where a graph keeps a constant: initialisers, attributes, and the same in subgraphs. */
function* constants(graph: Graph): Generator<ConstantTensor> {
  yield* graph.initializers.values();
  for (const node of graph.nodes) for (const attribute of node.attributes.values()) yield* inside(attribute);
}

function* inside(attribute: Attribute): Generator<ConstantTensor> {
  if (attribute.type === 'tensor') yield attribute.value;
  else if (attribute.type === 'tensors') yield* attribute.value;
  else if (attribute.type === 'graph') yield* constants(attribute.value);
  else if (attribute.type === 'graphs') for (const graph of attribute.value) yield* constants(graph);
}

/** The files, beside the model, that hold its external values. Throws `CamError` `model` as `parseModel` does. */
export function externalLocations(bytes: Uint8Array, name: string): string[] {
  const found = new Set<string>();
  for (const { external } of constants(parseModel(bytes, name).graph))
    if (external) found.add(external.location);
  return [...found];
}
