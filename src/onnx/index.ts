/** A model as data: read, walk, expose and write ONNX files. No runtime, no file system. */

export { floatAttribute, intAttribute, intsAttribute, stringAttribute } from './attributes.js';
export { type BakedMethodName, type BakedModel, type BakeOptions, bake, bakedMethods } from './bake.js';
export { type CutTail, cutTail, largestTensor } from './cut.js';
export { formatShape, imageInput } from './ends.js';
export { exposeOutputs, extendModel, type SharedModel, shareWeights } from './expose.js';
export { externalLocations } from './external.js';
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
export { type InputNormalisation, inputNormalisation } from './input-normalisation.js';
export { candidateLayers, resolveLayer, targetLayer } from './layers.js';
export type {
  Activation,
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
export { redrawLayers, type WeightLayer, weightLayers } from './randomize.js';
export { parseModel } from './read.js';
export { classScores, withScoring } from './scores.js';
export { inferShapes } from './shapes.js';
export { classifierWeights, classifyTail, type LinearWeights } from './tail.js';
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
