/**
 * The entry point `onnx-cam/metrics`: how good is a map? Every figure works on plain arrays, without models,
 * runtimes or files. A figure that needs forward passes is a `Probe`: it says which images to score, and
 * turns the scores into the figure.
 */
export { CamError, type CamErrorCode } from '../errors.js';
export { averageDrop } from './average-drop.js';
export { averageGain } from './average-gain.js';
export { type AverageIncrease, averageIncrease } from './average-increase.js';
export { type Baseline, blurBaseline, greyBaseline, zeroBaseline } from './baseline.js';
export { blur } from './blur.js';
export { type BootstrapOptions, bootstrapStandardError, standardError } from './bootstrap.js';
export { boxFromMap } from './box-from-map.js';
export { type Confidence, confidence } from './confidence.js';
export { type Component, connectedComponents, largestComponent } from './connected-components.js';
export { compareWeights, replaceRegion, type WeightComparison } from './counterfactual-weights.js';
export { type Curve, type CurveOptions, trapezoid } from './curve.js';
export { deadZone } from './dead-zone.js';
export { deletion } from './deletion.js';
export { energyPointingGame } from './energy-pointing-game.js';
export { increaseInConfidence } from './increase-in-confidence.js';
export { insertion } from './insertion.js';
export { bestIou, iou } from './iou.js';
export { type ImputationOptions, imputeLinearly } from './linear-imputation.js';
export { gtLoc, type LocalisationOptions, top1Loc } from './localisation.js';
export { type MaskOptions, maskBaseline, maskImage } from './mask-image.js';
export {
  type BoxAccuracy,
  type BoxAccuracyV2,
  type BoxFit,
  type BoxFitOptions,
  boxFit,
  boxThresholds,
  maxBoxAccuracy,
  maxBoxAccuracyV2,
} from './max-box-accuracy.js';
export { cueScores, meanPixelAveragePrecision } from './mean-pixel-precision.js';
export { type Figure, figure, type Note, type Outcome } from './outcome.js';
export {
  distinctPasses,
  type PassBatch,
  type PassOptions,
  type Perturbed,
  type Probe,
  passBatches,
  type Score,
  scorePasses,
  scoresOfLogits,
} from './passes.js';
export {
  type Direction,
  type PixelOrder,
  pixelOrder,
  randomOrder,
  ranksOf,
  stepCounts,
} from './pixel-order.js';
export { pixelAveragePrecision, type ScoredPixels } from './pixel-precision.js';
export type { Plane } from './plane.js';
export { pointingGame } from './pointing-game.js';
export { seedFor } from './random.js';
export { type Box, type Region, regionMask } from './region.js';
export {
  type Removal,
  type RemovalOptions,
  type RemoveAndClassify,
  removal,
  removalShares,
  removeAndClassify,
} from './remove-and-classify.js';
export type { Replacement } from './replacement.js';
export { type Road, type RoadOptions, road } from './road.js';
export { type CascadeMaps, type CascadeStage, sanityCascade } from './sanity.js';
export { spearman } from './spearman.js';
export { ssim } from './ssim.js';
export { upsample } from './upsample.js';
