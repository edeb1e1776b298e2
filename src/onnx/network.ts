/** What is known of a model, for everyone who asks. */
import { type CutTail, cutTail, largestTensor } from './cut.js';
import { imageInput } from './ends.js';
import { candidateLayers, resolveLayer, targetLayer } from './layers.js';
import type { Layer, Model, Scores, Shape, Tail, ValueInfo } from './model.js';
import { classScores } from './scores.js';
import { inferShapes } from './shapes.js';
import { classifierWeights, classifyTail, type LinearWeights } from './tail.js';
import { type GraphIndex, indexGraph } from './walk.js';

export type Layout = { kind: 'nchw' };
export interface FeatureMap extends Layer {
  readonly layout: Layout;
  readonly reason?: string;
}
export interface Network {
  readonly model: Model;
  readonly index: GraphIndex;
  readonly shapes: ReadonlyMap<string, Shape>;
  readonly picture: ValueInfo;
  readonly scores: Scores;
  readonly featureMaps: readonly FeatureMap[];
  readonly targetLayer: FeatureMap;
  featureMap(name: string): FeatureMap;
  tail(layer: string): Tail;
  linearWeights(layer: string): LinearWeights;
  cutTail(layer: string, score: 'logit' | 'probability'): CutTail;
  readonly largestTensor: number;
}
export function analyse(model: Model): Network {
  const layout = { kind: 'nchw' } as const;
  return {
    model,
    get index() {
      return indexGraph(model.graph, model.name);
    },
    get shapes() {
      return inferShapes(model);
    },
    get picture() {
      return imageInput(model);
    },
    get scores() {
      return classScores(model, indexGraph(model.graph, model.name), inferShapes(model));
    },
    get featureMaps() {
      return candidateLayers(model).map((l) => ({ ...l, layout }));
    },
    get targetLayer() {
      const { name, reason } = targetLayer(model);
      return { ...resolveLayer(model, name), layout, reason };
    },
    featureMap: (name) => ({ ...resolveLayer(model, name), layout, reason: 'as asked' }),
    tail: (layer) => classifyTail(model, layer),
    linearWeights: (layer) => classifierWeights(model, classifyTail(model, layer)),
    cutTail: (layer, score) => cutTail(model, layer, score),
    get largestTensor() {
      return largestTensor(model.graph.nodes, inferShapes(model));
    },
  };
}
