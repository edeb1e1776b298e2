/** A model as data: read, walk, expose and write ONNX files. No runtime, no file system. */

export { type AskedAnswer, withAnswer } from './answer.js';
export { floatAttribute, intAttribute, intsAttribute, stringAttribute } from './attributes.js';
export {
  type BakedMethodName,
  type BakedModel,
  type BakeOptions,
  type BakeTarget,
  bake,
  bakedMethods,
} from './bake.js';
export { type CutTail, largestTensor } from './cut.js';
export { exposeOutputs, extendModel, type SharedModel, shareWeights } from './expose.js';
export { externalLocations } from './external.js';
export type { FeatureMap, Layout } from './feature-map.js';
export { formatShape } from './format-shape.js';
export {
  differentiate,
  type GradientOptions,
  gradientObstacles,
  type MergedGradient,
  type Score,
  type SeparateGradient,
  type TargetForm,
  tappedModel,
} from './gradient.js';
export type { InputNormalisation } from './input-normalisation.js';
export type { LinearWeights } from './linear-weights.js';
export type {
  Activation,
  Answer,
  Attribute,
  Classifier,
  ConstantTensor,
  DataType,
  Dim,
  ExternalLocation,
  Graph,
  Layer,
  LocalFunction,
  Model,
  Node,
  Normalisation,
  Scores,
  Scoring,
  Shape,
  Tail,
  TensorValues,
  ValueInfo,
} from './model.js';
export {
  candidateLayers,
  classifierWeights,
  classifyTail,
  classScores,
  cutTail,
  imageInput,
  inputNormalisation,
  resolveLayer,
  targetLayer,
} from './model-facts.js';
export { analyse, type Network } from './network.js';
export { redrawLayers, type WeightLayer, weightLayers } from './randomize.js';
export { parseModel } from './read.js';
export { withScoring } from './scores.js';
export { inferShapes } from './shapes.js';
export type { ExternalData } from './tensor.js';
export { constantTensor, halfToFloat, int64Vector, toFloat32, toNumbers } from './values.js';
export { ancestors, between, descendants, type GraphIndex, indexGraph, subgraphs } from './walk.js';
export {
  type AttributeValue,
  float,
  floats,
  type GraphParts,
  type ModelParts,
  makeGraph,
  makeNode,
  writeModel,
} from './write.js';
