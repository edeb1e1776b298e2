/** The number of classes, and one label for each. */
import type { GraphFacts } from '../onnx/graph-facts.js';
import { classesOf } from '../onnx/score-shape.js';

/** The number of classes of the scores in the tensor `output`, where it is known: two for one logit. */
export function classCount({ shapes, batch }: GraphFacts, output: string): number | undefined {
  const columns = classesOf(shapes.get(output), batch);
  return columns === 1 ? 2 : columns;
}

/** The labels. A single label of two classes (models with one logit) names the positive class, 1. */
export function labelsOf(
  labels: readonly string[] | undefined,
  classes: number | undefined,
): readonly string[] | undefined {
  return labels?.length === 1 && classes === 2 ? [`not ${labels[0]}`, labels[0]] : labels;
}
