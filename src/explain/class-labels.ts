/** Labels as the classes of a model have them. */
import type { Model } from '../onnx/model.js';
import { batchOf, classesOf } from '../onnx/score-shape.js';
import { inferShapes } from '../onnx/shapes.js';

/**
 * The number of classes that the scores in the tensor `output` are of, where the file tells it: one logit is
 * of two.
 */
export function classCount(model: Model, output: string): number | undefined {
  const columns = classesOf(inferShapes(model).get(output), batchOf(model));
  return columns === 1 ? 2 : columns;
}

/** One label for two classes, as files of one logit have it, names the positive class, 1. */
export function labelsOf(
  labels: readonly string[] | undefined,
  classes: number | undefined,
): readonly string[] | undefined {
  return labels?.length === 1 && classes === 2 ? [`not ${labels[0]}`, labels[0]] : labels;
}
