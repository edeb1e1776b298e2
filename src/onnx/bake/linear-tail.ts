/** The weights of a linear tail, taken from where the model has them. */

import { CamError } from '../../errors.js';
import type { Builder, Value } from '../gradients/builder.js';
import { oneHotScores, type SeedScore, signOf } from '../gradients/seed.js';
import type { Classifier, Tail } from '../model.js';

/**
 * W[c, k] of each image's class, `[n, K, 1, 1]`: rows of the linear layer's own weights, or the class itself
 * where channels are classes.
 * @param index  Class per image, int64 `[n]`.
 * @param margin Whether the mean over all classes is taken off.
 * @throws {CamError} `model` for a tail that is not linear.
 */
export function tailWeights(b: Builder, tail: Tail, index: Value, margin: boolean, method: string): Value {
  const { signs } = tail;
  if (tail.kind === 'class-map') {
    const batch = b.staticShape(tail.layer)?.[0];
    const of: SeedScore = { score: tail.logits, batch, ...(signs && { signs }) };
    const own = b.reshape(oneHotScores(b, of, index), [0, -1, 1, 1]);
    // The mean of one logit and its complement is 0.
    if (!margin || signs) return own;
    return b.sub(own, b.op('Reciprocal', [b.count(tail.layer, [1])]));
  }
  if (!tail.classifier)
    throw new CamError(
      'model',
      `${method}: expected global average pooling and at most one linear layer after "${tail.layer}" (a closed form is what can be baked), got a tail of ${tail.nodes.length} nodes of another kind. Choose a method that works with any tail, such as grad-cam, or explain this model with createExplainer.`,
    );
  if (!signs) return rows(b, tail.classifier, index, margin);
  const only = rows(b, tail.classifier, b.ints([0]), false);
  return b.mul(only, b.reshape(signOf(b, signs, index), [-1, 1, 1, 1]));
}

function rows(b: Builder, classifier: Classifier, index: Value, margin: boolean): Value {
  const { weight, layout, alpha } = classifier;
  const stored = b.forward(weight);
  const matrix = real(b, b.reshape(stored, stored.shape?.slice(0, 2).map(Number) ?? [0, 0]), classifier);
  const classes = layout === 'CK' ? 0 : 1;
  const taken = b.op('Gather', [less(b, matrix, classes, margin), index], { axis: classes });
  const perImage = layout === 'CK' ? taken : b.transpose(taken, [1, 0]);
  return b.reshape(b.scale(perImage, alpha), [0, -1, 1, 1]);
}

/** Integer weights as the real numbers that they stand for; per class they are stored `[K, C]`. */
function real(b: Builder, matrix: Value, { quantised }: Classifier): Value {
  if (!quantised) return matrix;
  const { scale, zeroPoint } = quantised;
  const flat = (tensor: string) => b.reshape(b.forward(tensor), [-1]);
  return b.mul(zeroPoint ? b.sub(matrix, flat(zeroPoint)) : matrix, flat(scale));
}

/** The matrix less its mean along the axis of the classes. Made of constants: runtimes compute it once. */
function less(b: Builder, matrix: Value, axis: number, margin: boolean): Value {
  if (!margin) return matrix;
  return b.sub(matrix, b.div(b.reduceSum(matrix, [axis]), b.scalar(Number(matrix.shape?.[axis]))));
}
