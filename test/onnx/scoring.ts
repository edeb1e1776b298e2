import {
  classScores,
  indexGraph,
  inferShapes,
  type Model,
  type Scores,
  type Scoring,
  withScoring,
} from '../../src/onnx/index.js';

/** The class scores of a model, and their meaning. */
export const scoresOf = (given: Model, scoring: Scoring = {}): Scores => {
  const asked = withScoring(given, scoring);
  return classScores(asked, indexGraph(asked.graph, asked.name), inferShapes(asked));
};

const scalar = (value: number) => ({ dims: [], values: Float32Array.of(value) });

export const constants = {
  one: scalar(1),
  half: scalar(0.5),
  hundred: scalar(100),
  tiny: scalar(1e-12),
  axis: { dims: [1], values: BigInt64Array.of(1n) },
};
