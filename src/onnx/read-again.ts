import type { Model } from './model.js';
import { parseModel } from './read.js';

/**
 * A model that was made of another one, read from its file: it keeps what is said of the scores and of the
 * inputs.
 * @param bytes  The new ModelProto; external constants keep their names.
 */
export function readAgain({ name, graph, scoring, furtherInputs }: Model, bytes: Uint8Array): Model {
  const read = parseModel(bytes, name);
  // External values are read through the original model, which has the files.
  const initializers = new Map(read.graph.initializers);
  for (const [constant, tensor] of graph.initializers)
    if (tensor.external && initializers.has(constant)) initializers.set(constant, tensor);
  return { ...read, scoring, furtherInputs, graph: { ...read.graph, initializers } };
}
