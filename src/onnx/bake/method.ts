/** The types of a baked method and of its inputs. */

import type { Builder, Value } from '../gradients/builder.js';

/**
 * The tensors of one model, as values of the graph that is being built. Nodes are made when a method reads
 * them.
 */
export interface Ingredients {
  readonly b: Builder;
  /** Name of the target layer. */
  readonly layer: string;
  /** Name of the picture that the model is fed. */
  readonly picture: string;
  /** The target layer A, `[n, K, h, w]`, float32. */
  readonly activations: Value;
  /** infoCAM's R. */
  readonly region: number;
  /**
   * dS/dA of each image's class, float32: `[n, K, h, w]`, or `[n, K, 1, 1]` where it is the same at every
   * position.
   * @throws {CamError} `gradients` when none reaches the layer.
   */
  gradients(): Value;
  /**
   * W[c, k] of each image's class c, `[n, K, 1, 1]`. Behind a class-map tail, whose channels are the classes,
   * W is the unit matrix.
   * @param margin Whether the mean over all classes is taken off.
   * @throws {CamError} `model` for a tail that is not linear.
   */
  classWeights(margin?: boolean): Value;
  /** The picture's grey level, a whole number 0..255 in float32, `[n, 1, H, W]`. */
  gray(): Value;
}

/**
 * A method as a graph: its formula over ONNX operators. ReLU, upsampling and scaling to 0..1 follow for every
 * method alike.
 */
export interface BakedMethod {
  /** True where the map does not depend on the class. */
  readonly classAgnostic: boolean;
  /** True where it reads the layer by its axes `[n, K, h, w]`: other layouts are refused. */
  readonly readsLayer?: true;
  /**
   * The coarse map before ReLU, `[n, 1, h, w]`, up to a positive factor per image, which scaling takes away.
   */
  map(given: Ingredients): Value;
}

/** `Σ_k w[k] · A[k]`: `[n, 1, h, w]`. @param weights `[n, K, 1, 1]`, or one per position, `[n, K, h, w]`. */
export function weightedSum({ b, activations }: Ingredients, weights: Value): Value {
  return b.reduceSum(b.mul(weights, activations), [1]);
}

/** Sum over all positions, kept as axes of length 1. */
export const overPositions = (b: Builder, x: Value): Value => b.reduceSum(x, [2, 3]);

/**
 * `[n, 1, H, W]` as an int64 vector.
 * @param sized A tensor of the model with that H and W.
 * @param axis The axis of its H.
 */
export function planes(b: Builder, batched: string, sized: string, axis = 2): Value {
  const part = (tensor: string, from: number, to: number) =>
    b.op('Slice', [b.shapeOf(tensor), b.ints([from]), b.ints([to])]);
  return b.vector([part(batched, 0, 1), 1, part(sized, axis, axis + 2)]);
}
