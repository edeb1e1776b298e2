/** The facts of a model: each is found once, when it is first read. */

import { CamError } from '../errors.js';
import { answerLayers } from './answer-layers.js';
import { resolveBranches } from './branches.js';
import { type CutTail, cutBehind, largestTensor } from './cut.js';
import type { FeatureMap, Layout } from './feature-map.js';
import type { GraphFacts } from './graph-facts.js';
import { chooseTargetLayer, featureMapsBefore, findFeatureMap } from './layers.js';
import { type LinearWeights, linearWeights } from './linear-weights.js';
import type { Model, Scores, Tail } from './model.js';
import { once, oncePerKey } from './once.js';
import { forPicture, type PictureInput, pictureInput } from './picture.js';
import { batchOf } from './score-shape.js';
import { findScores } from './scores.js';
import { inferTensors } from './shapes.js';
import { findTail } from './tail.js';
import { indexGraph } from './walk.js';

/** A model and the facts of it. Each is found when it is first read, and once. */
export interface Network extends GraphFacts {
  /**
   * The one input, a picture, with its shape as `[n, C, H, W]`.
   * @throws {CamError} `model` for none or several inputs, or another rank.
   */
  readonly picture: PictureInput;
  /**
   * What the class scores are, and what they mean.
   * @throws {CamError} `target` where no output can be class scores; `option` for an output that the model
   *   does not have, and an activation that contradicts the graph.
   */
  readonly scores: Scores;
  /**
   * The feature maps between the picture and the class scores, in graph order; of a model without class
   * scores, those between the picture and any output.
   * @throws {CamError} `model` as `picture`.
   */
  readonly featureMaps: readonly FeatureMap[];
  /**
   * The last feature map that the classifier consumes, before pooling.
   * @throws {CamError} `target` without class scores; `model` as `picture`; `layer` where there is none
   *   (transformers).
   */
  readonly targetLayer: FeatureMap & { readonly reason: string };
  /**
   * The layers that are explained where nobody names one: `targetLayer`; of segmentation and detection one
   * for each scale.
   * @throws {CamError} As `targetLayer`.
   */
  readonly targetLayers: readonly (FeatureMap & { readonly reason: string })[];
  /**
   * The feature map of that name.
   * @throws {CamError} `layer` for a tensor that there is not, or that is no feature map; `target`, `model`
   *   as `targetLayer`.
   */
  featureMap(name: string): FeatureMap & { readonly reason: string };
  /**
   * The layout of a feature map where the model takes a picture of `[H, W]`.
   * @throws {CamError} as `featureMap`.
   */
  layoutAt(name: string, sides: readonly [number, number]): Layout;
  /**
   * What the model computes from a layer to the class scores.
   * @throws {CamError} `model`, `target` as above.
   */
  tail(layer: string): Tail;
  /**
   * The weights behind a layer whose tail is `gap-linear`. They are views of the model's file where they are
   * stored in this layout, and must not be changed.
   * @throws {CamError} `model` for another kind of tail, external values that were not given, a damaged file.
   */
  linearWeights(layer: string): LinearWeights;
  /**
   * The part of the model behind a layer, as a model of its own.
   * @throws {CamError} `layer` where the scores need more of the model than the layer.
   */
  cutTail(layer: string, score: 'logit' | 'probability'): CutTail;
  /** Bytes of one picture's largest float32 tensor; unknown lengths count as 1. */
  readonly largestTensor: number;
}

const networks = new WeakMap<Model, Network>();

/** The network of a model; the same object each time. A model does not change. */
export function analyse(model: Model): Network {
  const network = networks.get(model) ?? new LazyNetwork(model);
  networks.set(model, network);
  return network;
}

class LazyNetwork implements Network {
  constructor(readonly model: Model) {}

  readonly #picture = once(() => pictureInput(this));
  readonly #scores = once(() => findScores(this));
  readonly #featureMaps = once(() => featureMapsBefore(this, this.#ends()));
  readonly #targetLayer = once(() => chooseTargetLayer(this));
  readonly #answerLayers = once(() => answerLayers(this));
  readonly #featureMap = oncePerKey((name: string) => findFeatureMap(this, name));
  readonly #layoutAt = oncePerKey((key: string) => {
    const [height, width, ...name] = key.split(' ');
    const model = forPicture(this.model, [Number(height), Number(width)]);
    return new LazyNetwork(model).featureMap(name.join(' ')).layout;
  });
  readonly #tail = oncePerKey((layer: string) => findTail(this, layer));
  readonly #weights = oncePerKey((layer: string) => linearWeights(this, this.tail(layer)));
  readonly #largest = once(() => largestTensor(this.model.graph.nodes, this.shapes));

  get index() {
    return indexGraph(this.model.graph, this.model.name);
  }

  get shapes() {
    return inferTensors(this.model).shapes;
  }

  get values() {
    return inferTensors(this.model).values;
  }

  get batch() {
    return batchOf(this.model);
  }

  get picture() {
    return this.#picture();
  }

  get scores() {
    return this.#scores();
  }

  get featureMaps() {
    return this.#featureMaps();
  }

  get targetLayer() {
    return this.targetLayers[this.targetLayers.length - 1];
  }

  get targetLayers() {
    const { answer } = this.scores;
    const found = answer === 'pixels' || answer === 'box' ? this.#answerLayers() : [];
    return found.length > 0 ? found : [this.#targetLayer()];
  }

  featureMap(name: string) {
    return this.#featureMap(name);
  }

  layoutAt(name: string, [height, width]: readonly [number, number]) {
    return this.#layoutAt(`${height} ${width} ${name}`);
  }

  tail(layer: string) {
    return this.#tail(layer);
  }

  linearWeights(layer: string) {
    return this.#weights(layer);
  }

  cutTail(layer: string, score: 'logit' | 'probability') {
    return cutBehind(analyse(resolveBranches(this.model)), layer, score);
  }

  get largestTensor() {
    return this.#largest();
  }

  /** The tensors that feature maps lead to. */
  #ends(): readonly string[] {
    try {
      return [this.scores.output];
    } catch (error) {
      if (!(error instanceof CamError && error.code === 'target')) throw error;
      return this.model.graph.outputs.map(({ name }) => name);
    }
  }
}
