/** The facts of a network, as functions of the model. */

import type { CutTail } from './cut.js';
import { findInputNormalisation, type InputNormalisation } from './input-normalisation.js';
import { type LinearWeights, linearWeights } from './linear-weights.js';
import type { Layer, Model, Scores, Shape, Tail, ValueInfo } from './model.js';
import { analyse } from './network.js';
import { expectChannelsFirst } from './picture.js';
import { findScores } from './scores.js';
import type { GraphIndex } from './walk.js';

/**
 * The model's one input, a picture `[n, C, H, W]`.
 * @throws {CamError} `model` for none or several inputs, another rank, or channels last (NHWC).
 */
export function imageInput(model: Model): ValueInfo {
  const { picture } = analyse(model);
  expectChannelsFirst(model, picture);
  const { channelsLast: _, ...input } = picture;
  return input;
}

/**
 * The normalisation that a graph begins with: `Sub`, `Add`, `Mul`, `Div` with constants per channel or for
 * all, and BatchNormalization, behind casts, transpositions, and channels that are taken apart and put
 * together.
 * @param channels  Of the input.
 * @returns `undefined` where there is none, or where its numbers do not tell which pixels it takes: those of
 *   a picture that is normalised already too.
 */
export function inputNormalisation(
  model: Model,
  input: string,
  channels: number,
): InputNormalisation | undefined {
  return findInputNormalisation(analyse(model), input, channels);
}

/**
 * What a model's scores are, and what they mean.
 * @param index  Default: the graph's own.
 * @param shapes  Default: as `inferShapes` gives them.
 * @throws {CamError} `target` where no output can be class scores, with the reason; `option` for an output
 *   that the model does not have, and an activation that contradicts the graph.
 */
export function classScores(model: Model, index?: GraphIndex, shapes?: ReadonlyMap<string, Shape>): Scores {
  const network = analyse(model);
  const isOwn = (!index || index === network.index) && (!shapes || shapes === network.shapes);
  if (isOwn) return network.scores;
  const { values, batch } = network;
  return findScores({
    model,
    values,
    batch,
    index: index ?? network.index,
    shapes: shapes ?? network.shapes,
  });
}

/**
 * The feature maps between the picture and the class scores, in graph order: tensors `[n, K, h, w]` of more
 * than one position, `[?, ?, ?, ?]` as far as lengths are unknown. Of a model without class scores, those
 * between the picture and any output.
 * @throws {CamError} `model` when the model takes no picture that can be read.
 */
export function candidateLayers(model: Model): readonly Layer[] {
  return analyse(model).featureMaps.map(withoutLayout);
}

/**
 * The layer that a map explains by default: the last feature map that the classifier consumes, before
 * pooling, which is the output of its ReLU or other activation where there is one.
 *
 * @returns The tensor's name, and a sentence that says why.
 * @throws {CamError} `target` for a model without class scores; `model` as `candidateLayers`; `layer` when
 *   the classifier consumes no feature map (transformers).
 */
export function targetLayer(model: Model): { readonly name: string; readonly reason: string } {
  const { name, reason } = analyse(model).targetLayer;
  return { name, reason };
}

/**
 * The layer of a given name.
 * @throws {CamError} `layer` for a name that the model does not have (the nearest are offered), and for a
 *   tensor without spatial extent, of integers, or with channels last; `target`, `model` as `targetLayer`.
 */
export function resolveLayer(model: Model, name: string): Layer {
  return withoutLayout(analyse(model).featureMap(name));
}

const withoutLayout = ({ name, opType, shape, isOutput }: Layer): Layer => ({
  name,
  opType,
  shape,
  isOutput,
});

/**
 * The tail from `layer` (a tensor's name) to the class scores.
 *
 * `gap-linear` stands for global average pooling (GlobalAveragePool, ReduceMean over both axes, AveragePool
 * of the whole map) and one linear layer (Gemm, MatMul with or without Add, 1×1 Conv), in either order, with
 * nothing but Dropout, Flatten, Reshape and the like around; `class-map` for pooling alone. A layer that the
 * scores do not depend on has an `other` tail without nodes.
 *
 * @throws {CamError} `model` when the model is no image classifier that can be read; `target`.
 */
export function classifyTail(model: Model, layer: string): Tail {
  return analyse(model).tail(layer);
}

/**
 * The weights `W[c, k]` and bias `b[c]` of a `gap-linear` tail: logits = W · mean(A) + b.
 * @throws {CamError} `model` for another kind of tail, for external values that were not given, for a damaged
 *   file.
 */
export function classifierWeights(model: Model, tail: Tail): LinearWeights {
  return linearWeights(analyse(model), tail);
}

/**
 * Cuts the model at `layer`. The batch is free where the model leaves it free.
 *
 * @param score  What the tail gives: the scores before a final normalisation (`logit`), or the model's own
 *   output.
 * @throws {CamError} `layer` where the scores need more of the model than the layer: a path around it, or the
 *   picture's own size.
 */
export function cutTail(model: Model, layer: string, score: 'logit' | 'probability' = 'logit'): CutTail {
  return analyse(model).cutTail(layer, score);
}
