/** The main entry point: explain ONNX classifiers in browsers and, with `onnx-cam/node`, in Node. */
export type { BackendName } from './backends/select.js';
export { CamError, type CamErrorCode } from './errors.js';
export type { MethodChoice } from './explain/choose-methods.js';
export type { ImageSource } from './explain/images.js';
export {
  createExplainer,
  type DefaultMethods,
  type Explainer,
  type ExplainerOptions,
  type ExplainOneOptions,
  type ExplainOptions,
  type MapsOf,
  type ModelFile,
  type ModelSource,
} from './explainer.js';
export {
  type ColorMapName,
  colorMap,
  colorMapNames,
  type Heat,
  type ModelSettings,
  type OverlayOptions,
  overlay,
  parseConfig,
  parseLabels,
  parseModelSettings,
  type View,
  viewOf,
} from './image/index.js';
export * from './methods/index.js';
export type { AnyMethod, Method, MethodInputs, MethodMap, Need } from './methods/method.js';
export type { Probe, Probed, ProbingMethod } from './methods/probing.js';
export type { Activation } from './onnx/index.js';
export type { RuntimeName, SessionFactory } from './runtime/index.js';
export {
  type AnyTarget,
  type BoxForm,
  type CustomTarget,
  type LikeTarget,
  type OutputValues,
  probabilities,
  type TargetSpec,
  type TargetSum,
  type TargetWeights,
} from './targets/index.js';
export type {
  Explanation,
  InputTensor,
  LayerMap,
  Picture,
  Preprocessing,
  SaliencyMap,
  Target,
} from './types.js';
