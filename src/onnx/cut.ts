/** The part of a model behind a layer, as a model of its own. */

import { CamError } from '../errors.js';
import { type SharedModel, sharedBytes, unusedPath } from './expose.js';
import type { GraphFacts } from './graph-facts.js';
import type { ConstantTensor, DataType, Model, Node, Scores, Shape } from './model.js';
import { numbers } from './shapes/rule.js';
import { constantTensor, externalTensorProto } from './values.js';
import { descendants } from './walk.js';
import { makeGraph, writeModel } from './write.js';

/**
 * A model that takes the layer `[n, k, h, w]` and gives the scores; it shares large weights with the file.
 */
export interface CutTail extends SharedModel {
  /** The layer: the one input. */
  readonly input: string;
  /** The one output: the logits, or the model's own output. */
  readonly output: string;
  /** Bytes of one image's largest tensor in the tail, as far as shapes are known. */
  readonly largest: number;
}

/**
 * Cuts the model at `layer`: see `cutTail`.
 *
 * @param facts  Of the model without decisions that are known before the run.
 * @throws {CamError} `layer` where the scores need more of the model than the layer: a path around it, or the
 *   picture's own size.
 */
export function cutBehind(
  facts: GraphFacts & { readonly scores: Scores },
  layer: string,
  score: 'logit' | 'probability',
): CutTail {
  const { model, shapes, scores } = facts;
  const end = score === 'logit' ? scores.logits : scores.output;
  const { nodes, constants } = collect(facts, layer, end);
  const path = unusedPath(model);
  const shape = shapes.get(layer);
  const [batch = 'n', ...rest] = shape ?? [undefined, undefined, undefined, undefined];
  const graph = makeGraph('tail', {
    nodes,
    initializers: constants.map((tensor) => pointing(tensor, model, path)),
    inputs: [{ name: layer, dtype: elementType(model, layer, constants), shape: [batch, ...rest] }],
    outputs: [{ name: end }],
  });
  const { irVersion, opsets, functions } = model;
  return {
    bytes: writeModel({ irVersion, opsets, functions, graph }),
    externalData: [{ path, data: model.bytes }],
    input: layer,
    output: end,
    largest: largestTensor(nodes, shapes),
  };
}

/**
 * Bytes of one image's largest float32 tensor among what the nodes make; lengths that are not known count as
 * 1.
 */
export function largestTensor(nodes: readonly Node[], shapes: ReadonlyMap<string, Shape>): number {
  let largest = 4;
  for (const { outputs } of nodes)
    for (const name of outputs) {
      const [, ...lengths] = shapes.get(name) ?? [];
      largest = Math.max(
        largest,
        lengths.reduce<number>((n, dim) => n * (typeof dim === 'number' ? dim : 1), 4),
      );
    }
  return largest;
}

/** The nodes and constants that the scores are computed from, back to the layer. */
function collect({ model, index, values }: GraphFacts, layer: string, end: string) {
  const below = new Set(descendants(index, layer));
  const inputs = new Set(model.graph.inputs.map(({ name }) => name));
  const fed = new Set(descendants(index, [...inputs]));
  const wanted = new Set<Node>();
  const constants = new Map<string, ConstantTensor>();
  const seen = new Set([layer]);
  for (const open = [end]; open.length > 0; ) {
    const tensor = open.pop() ?? layer;
    if (seen.has(tensor)) continue;
    seen.add(tensor);
    const stored = model.graph.initializers.get(tensor);
    if (stored) {
      constants.set(tensor, stored);
      continue;
    }
    const node = index.producer(tensor);
    const aside = node ? fed.has(node) && !below.has(node) : inputs.has(tensor);
    const value = aside ? values.get(tensor) : undefined;
    const known = value?.real ? undefined : numbers(value);
    if (value && known) {
      constants.set(tensor, constantTensor(tensor, value.shape, BigInt64Array.from(known, BigInt)));
    } else if (aside || !node) {
      throw new CamError(
        'layer',
        `layer "${layer}": expected the scores to depend on it alone, but they also need "${tensor}"${node ? ` (${node.opType})` : ''}, which does not come from it. Choose a later layer, or a method without passes of the tail.`,
      );
    } else if (!wanted.has(node)) {
      wanted.add(node);
      // In the order of the inputs: an error names the first that the layer does not give.
      for (const name of [...index.reads(node)].reverse()) open.push(name);
    }
  }
  return { nodes: index.order.filter((node) => wanted.has(node)), constants: [...constants.values()] };
}

/** The constant, its values taken from the model's file where they lie there as they are. */
function pointing(tensor: ConstantTensor, model: Model, path: string): ConstantTensor {
  const raw = sharedBytes(tensor);
  if (!raw || raw.buffer !== model.bytes.buffer) return tensor;
  const { name, dtype, dims } = tensor;
  const external = { location: path, offset: raw.byteOffset - model.bytes.byteOffset, length: raw.length };
  const proto = externalTensorProto(tensor, external);
  return { name, dtype, dims, external, proto, data: () => tensor.data() };
}

/** The layer's element type in the file, else the floating point type of the weights behind it. */
function elementType(model: Model, layer: string, constants: readonly ConstantTensor[]): DataType {
  const stated = model.graph.valueInfo.get(layer)?.dtype;
  return stated ?? constants.find(({ dtype }) => dtype === 'float16')?.dtype ?? 'float32';
}
