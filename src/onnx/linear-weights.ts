/** The weights of a linear tail, as the definition of CAM has them. */

import { CamError } from '../errors.js';
import type { GraphFacts } from './graph-facts.js';
import type { Classifier, ConstantTensor, Tail } from './model.js';
import { toFloat32 } from './values.js';
import type { GraphIndex } from './walk.js';

/** Weights of a `gap-linear` tail as the definition of CAM has them. */
export interface LinearWeights {
  /** `[C, K]`, row-major. May be the model's own bytes, as `bias` may: not to be written to. */
  readonly weights: Float32Array;
  /** `[C]`. */
  readonly bias: Float32Array;
  readonly classes: number;
  readonly channels: number;
}

/**
 * The weights `W[c, k]` and bias `b[c]` of a `gap-linear` tail: logits = W · mean(A) + b. Views of the
 * model's file where they are stored like that.
 * @throws {CamError} `model` for another kind of tail, for external values that were not given, for a damaged
 *   file.
 */
export function linearWeights(
  { model, index }: Pick<GraphFacts, 'model' | 'index'>,
  { kind, classifier, layer }: Tail,
): LinearWeights {
  const stored = classifier && index.constant(classifier.weight);
  if (!classifier || !stored)
    throw new CamError(
      'model',
      `${model.name}: expected global average pooling and one linear layer after "${layer}", got a tail of kind "${kind}". Choose a method that works with any tail.`,
    );
  const [rows = 0, columns = 0] = stored.dims;
  const [classes, channels] = classifier.layout === 'CK' ? [rows, columns] : [columns, rows];
  const values = realWeights(stored, classifier, index);
  if (classes * channels !== values.length)
    throw new CamError(
      'model',
      `${model.name}: tensor "${stored.name}": expected weights of two axes, got [${stored.dims.slice(0, 8).join(', ')}]. The file is damaged: fetch or export it again.`,
    );
  const added = classifier.bias === undefined ? undefined : index.constant(classifier.bias);
  const terms = added && toFloat32(added);
  return {
    weights: rowPerClass(values, classes, channels, classifier),
    bias: biasPerClass(terms, classes, classifier),
    classes,
    channels,
  };
}

/** The weights as they are stored, integers as the real numbers that they stand for. */
function realWeights(stored: ConstantTensor, { quantised }: Classifier, index: GraphIndex): Float32Array {
  const values = toFloat32(stored);
  const scale = quantised && index.constant(quantised.scale);
  if (!scale) return values;
  const zeroPoint = index.constant(quantised.zeroPoint ?? '');
  const [scales, zeros] = [toFloat32(scale), zeroPoint ? toFloat32(zeroPoint) : Float32Array.of(0)];
  return values.map(
    (value, i) => (value - (zeros[i % zeros.length] ?? 0)) * (scales[i % scales.length] ?? 0),
  );
}

/** `[C, K]`, scaled. */
function rowPerClass(
  values: Float32Array,
  classes: number,
  channels: number,
  { layout, alpha }: Classifier,
): Float32Array {
  if (layout === 'CK') return alpha === 1 ? values : values.map((value) => alpha * value);
  const weights = new Float32Array(values.length);
  for (let k = 0, at = 0; k < channels; k++)
    for (let c = 0; c < classes; c++, at++) weights[c * channels + k] = alpha * values[at];
  return weights;
}

/** `[C]`, scaled. Gemm's bias broadcasts: it may be one number. */
function biasPerClass(terms: Float32Array | undefined, classes: number, { beta }: Classifier): Float32Array {
  if (!terms) return new Float32Array(classes);
  if (terms.length === classes && beta === 1) return terms;
  return Float32Array.from({ length: classes }, (_, c) => beta * (terms[terms.length === 1 ? 0 : c] ?? 0));
}
