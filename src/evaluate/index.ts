/** How good are a model's maps? Runs methods over a data set and computes the figures. No file system. */

export { agreement } from './agreement.js';
export {
  type Cue,
  countProblems,
  type DataSet,
  type Knowledge,
  type LoadedSample,
  type Problem,
  type Sample,
  type Truth,
} from './data-set.js';
export { inputOf } from './input.js';
export {
  type Cell,
  type Column,
  type Line,
  type Metric,
  type MetricGroup,
  metricGroups,
  type Verdict,
} from './metric.js';
export { type ChosenMetrics, chooseMetrics, type MetricOptions } from './metrics/index.js';
export { metricNames, SANITY } from './metrics/names.js';
export type { AnyRecord, FailureRecord, MethodRecord, PictureRecord } from './record.js';
export { evaluatePictures, type PlacedSample, type RunOptions } from './run.js';
export { runSanity, type SanityOptions, type SanityRecord, stageSizes } from './sanity.js';
export { type StoredMap, saliencyOf } from './stored-map.js';
export { openSubject, type Subject } from './subject.js';
export {
  cellOf,
  type MethodSummary,
  type SanitySummary,
  type SummaryOptions,
  summarise,
  summariseSanity,
} from './summary.js';
