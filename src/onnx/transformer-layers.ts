/** Layers of transformers: the norms and the sums between blocks. */

import type { FeatureMap } from './feature-map.js';
import type { GraphFacts } from './graph-facts.js';
import { layoutOf, MOST_PREFIX } from './layouts.js';
import type { Node, Shape } from './model.js';
import type { GraphIndex } from './walk.js';

/** Tensors of four axes whose layout is looked for: each takes a walk through its surroundings. */
const MOST_LOOKED_AT = 2000;

const norms = new Set(
  'LayerNormalization SimplifiedLayerNormalization SkipLayerNormalization SkipSimplifiedLayerNormalization RMSNormalization'.split(
    ' ',
  ),
);

/** Finds the layout of norms and sums, in graph order. */
export class TransformerLayers {
  private looks = 0;

  constructor(private readonly facts: Pick<GraphFacts, 'model' | 'index' | 'shapes'>) {}

  /**
   * The layout of what a node gives; `undefined` where that is no norm and no sum of a transformer.
   * @param maps  The feature maps `[n, K, h, w]` in front of it.
   */
  layoutOf(node: Node, maps: readonly FeatureMap[]): FeatureMap['layout'] | undefined {
    const { index, shapes } = this.facts;
    const [name = ''] = node.outputs;
    const rank = shapes.get(name)?.length;
    if ((rank !== 3 && rank !== 4) || !(isNorm(node, index) || isSum(node, index))) return undefined;
    if (rank === 4 && ++this.looks > MOST_LOOKED_AT) return undefined;
    const layout = layoutOf(this.facts, name, maps);
    return layout?.kind === 'nchw' ? undefined : layout;
  }
}

/** A normalisation over the channels, as one operator or its last step of simpler ones. */
function isNorm({ opType, inputs }: Node, index: GraphIndex): boolean {
  if (norms.has(opType)) return true;
  const scaled = opType === 'Add' ? scaledBy(inputs, index) : undefined;
  const factor = scaled?.opType === 'Mul' ? scaledBy(scaled.inputs, index) : undefined;
  return factor?.opType === 'Div';
}

/** Of a node with one constant input, the maker of the other one. */
function scaledBy(inputs: readonly string[], index: GraphIndex): Node | undefined {
  const computed = inputs.filter((name) => index.constant(name) === undefined);
  return computed.length === 1 && inputs.length === 2 ? index.producer(computed[0]) : undefined;
}

/** A residual sum: of two tensors that are both computed. */
const isSum = ({ opType, inputs }: Node, index: GraphIndex): boolean =>
  opType === 'Add' && inputs.every((name) => index.constant(name) === undefined);

/**
 * The tensors from which nothing but single tokens (the class token) reaches the scores: behind the last
 * attention a transformer goes on with all tokens, and then reads one.
 * @param nodes  What the scores are computed by, in graph order.
 */
export function ofSingleTokens(
  nodes: readonly Node[],
  { index, shapes }: Pick<GraphFacts, 'index' | 'shapes'>,
): ReadonlySet<string> {
  const single = new Set<string>();
  const all = new Set<string>();
  for (const node of nodes.toReversed()) {
    const isSingle =
      node.outputs.every((name) => !all.has(name)) && node.outputs.some((name) => single.has(name));
    if (mixesTokens(node, index)) for (const name of node.inputs) all.add(name);
    else {
      const reads = isSingle || readsToken(node, index, shapes) ? single : all;
      for (const name of index.reads(node)) reads.add(name);
    }
  }
  for (const name of all) single.delete(name);
  return single;
}

/** Attention: a product of two computed tensors, or one operator for all of it. */
function mixesTokens({ opType, inputs }: Node, index: GraphIndex): boolean {
  if (opType.endsWith('Attention')) return true;
  if (opType !== 'MatMul' && opType !== 'Einsum') return false;
  return inputs.slice(0, 2).every((name) => index.constant(name) === undefined);
}

/** Takes one or a few of the tokens `[n, t, K]`. */
function readsToken(node: Node, index: GraphIndex, shapes: ReadonlyMap<string, Shape>): boolean {
  const [from = ''] = node.inputs;
  const tokens = shapes.get(from);
  if (tokens?.length !== 3) return false;
  const axis = node.attributes.get('axis');
  const [name = ''] = node.outputs;
  if (node.opType === 'Gather') {
    const taken = index.constant(node.inputs[1] ?? '')?.dims.reduce((n, dim) => n * dim, 1);
    return axis?.type === 'int' && axis.value === 1 && taken !== undefined && taken <= MOST_PREFIX;
  }
  if (node.opType !== 'Slice') return false;
  const [left, before] = [shapes.get(name)?.[1], tokens[1]];
  return typeof left === 'number' && left <= MOST_PREFIX && left !== before;
}
