import { CamError } from '../../errors.js';
import { assumedLabels } from '../../explain/assumed-labels.js';
import { type Settings, settingsOf } from '../../explain/settings.js';
import {
  candidateLayers,
  classifyTail,
  classScores,
  gradientObstacles,
  imageInput,
  indexGraph,
  inferShapes,
  type Layer,
  type Model,
  parseModel,
  type Scores,
  type Tail,
  targetLayer,
  type ValueInfo,
  withScoring,
} from '../../onnx/index.js';
import type { ModelFacts, TensorFacts } from './facts.js';
import { loadModel } from './load-model.js';
import { modelPath } from './model-path.js';
import { servedMethods } from './served-methods.js';
import { findSettings } from './settings.js';

const tensorFacts = ({ name, dtype, shape }: ValueInfo): TensorFacts => ({
  name,
  type: dtype ?? null,
  shape: shape ? shape.map((d) => d ?? null) : null,
});

type Chosen =
  | { readonly layer: string; readonly reason: string; readonly tail: Tail }
  | { readonly layer: null; readonly reason: string; readonly tail: null };

/**
 * The layer that is taken by default; a model without one is still worth looking at, so that the error
 * becomes the reason.
 */
function choose(model: Model): Chosen {
  try {
    const { name, reason } = targetLayer(model);
    return { layer: name, reason, tail: classifyTail(model, name) };
  } catch (error) {
    if (error instanceof CamError) return { layer: null, reason: error.message, tail: null };
    throw error;
  }
}

/** The feature maps; none where the picture cannot be read, which is the reason for having no layer. */
function layersOf(model: Model): readonly Layer[] {
  try {
    return candidateLayers(model);
  } catch (error) {
    if (error instanceof CamError) return [];
    throw error;
  }
}

/** Why no gradient reaches a layer. Where there are no class scores, that is the reason for all. */
function obstaclesTo(model: Model, layers: readonly Layer[]): ReadonlyMap<string, string | undefined> {
  const names = layers.map(({ name }) => name);
  if (names.length === 0) return new Map();
  try {
    return gradientObstacles(model, names);
  } catch (error) {
    if (!(error instanceof CamError)) throw error;
    return new Map(names.map((name) => [name, error.message]));
  }
}

/** How pictures are prepared and what the classes are called, or why that cannot be told. */
async function settingsFacts(model: Model, path: string): Promise<Settings | string> {
  try {
    return settingsOf(model, imageInput(model), await findSettings(path));
  } catch (error) {
    if (error instanceof CamError) return error.message;
    throw error;
  }
}

/** What the scores are and mean, or why there are none. */
function scoresOf(model: Model): Scores | string {
  try {
    return classScores(model, indexGraph(model.graph, model.name), inferShapes(model));
  } catch (error) {
    if (error instanceof CamError) return error.message;
    throw error;
  }
}

/**
 * Reads a model and tells what it is. External weights are not needed for this. Throws `CamError` `model`.
 */
export async function inspectModel(given: string): Promise<ModelFacts> {
  const path = await modelPath(given);
  const { bytes } = await loadModel(path, () => []);
  const parsed = parseModel(bytes, path);
  const settings = await settingsFacts(parsed, path);
  const known = typeof settings === 'string' ? undefined : settings;
  const model = withScoring(parsed, { labels: known?.labels?.length });
  const { layer, reason, tail } = choose(model);
  const scores = scoresOf(model);
  const labelsInGraph = typeof scores === 'string' ? undefined : scores.labels;
  const assumed =
    known && typeof scores !== 'string' ? await assumedLabels(model, scores, known.known ? known : {}) : {};
  const layers = layersOf(model);
  const obstacles = obstaclesTo(model, layers);
  return {
    file: path,
    bytes: bytes.length,
    producer: model.producer,
    irVersion: model.irVersion,
    opset: model.opset,
    nodes: model.graph.nodes.length,
    inputs: model.graph.inputs.map(tensorFacts),
    outputs: model.graph.outputs.map(tensorFacts),
    layers: layers.map(({ name, opType, shape }) => ({
      name,
      operator: opType,
      type: model.graph.valueInfo.get(name)?.dtype ?? null,
      shape: shape.map((d) => d ?? null),
      gradientObstacle: obstacles.get(name) ?? null,
    })),
    layer,
    reason,
    tail: tail?.kind ?? null,
    scores: typeof scores === 'string' ? null : scores.output,
    activation: typeof scores === 'string' ? null : scores.activation,
    logits: typeof scores === 'string' ? null : scores.logits,
    normalisation: (typeof scores === 'string' ? null : scores.normalisation) ?? null,
    remarks: typeof scores === 'string' ? (scores === reason ? [] : [scores]) : scores.remarks,
    preprocessing: known?.preprocessing ?? null,
    preprocessingSource: known?.preprocessingSource ?? null,
    labels: known?.labels ?? labelsInGraph ?? assumed.labels ?? null,
    labelsSource:
      known?.labelsSource ?? (labelsInGraph ? "the model's graph" : (assumed.labelsSource ?? null)),
    notices:
      typeof settings === 'string' && settings !== reason ? [...model.notices, settings] : model.notices,
    ...(tail && { methods: await servedMethods(path, model, tail) }),
  };
}
