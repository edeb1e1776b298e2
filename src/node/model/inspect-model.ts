import { CamError } from '../../errors.js';
import { assumedLabels } from '../../explain/assumed-labels.js';
import { type Settings, settingsOf } from '../../explain/settings.js';
import { externalLocations } from '../../onnx/external.js';
import { gradientObstacles } from '../../onnx/gradient.js';
import { layoutText } from '../../onnx/layouts.js';
import type { Model, Scores, Tail, ValueInfo } from '../../onnx/model.js';
import { analyse, type Network } from '../../onnx/network.js';
import { parseModel } from '../../onnx/read.js';
import { withScoring } from '../../onnx/scores.js';
import { askedNetwork, withAssumedInputs } from './asked-network.js';
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

/** The result of `read`, or the message of its error. */
function orMessage<T>(read: () => T): { readonly value: T } | { readonly message: string } {
  try {
    return { value: read() };
  } catch (error) {
    if (error instanceof CamError) return { message: error.message };
    throw error;
  }
}

/** The default target layer. A model without one can still be inspected: the error becomes the reason. */
function choose(network: Network): Chosen {
  const chosen = orMessage(() => {
    const { targetLayers, targetLayer } = network;
    const reason = targetLayers.map((one) => one.reason).join(' ');
    const layer = targetLayers.map(({ name }) => name).join(',');
    return { layer, reason, tail: network.tail(targetLayer.name) };
  });
  return 'value' in chosen ? chosen.value : { layer: null, reason: chosen.message, tail: null };
}

/** Why no gradient reaches a layer. A model without class scores has one reason for all layers. */
function obstaclesTo(model: Model, names: readonly string[]): ReadonlyMap<string, string | undefined> {
  if (names.length === 0) return new Map();
  const found = orMessage(() => gradientObstacles(model, names));
  return 'value' in found ? found.value : new Map(names.map((name) => [name, found.message]));
}

/** How pictures are prepared and what the classes are called, or why that is unknown. */
async function settingsFacts(network: Network, path: string): Promise<Settings | string> {
  try {
    // Errors of reading the settings come first.
    void network.picture;
    return settingsOf(network, await findSettings(path));
  } catch (error) {
    if (error instanceof CamError) return error.message;
    throw error;
  }
}

/** What the scores are and mean, or why there are none. */
function scoresOf(network: Network): Scores | string {
  const found = orMessage(() => network.scores);
  return 'value' in found ? found.value : found.message;
}

/** Reads the external data. Where that fails, the methods that need them report the error. */
async function readExternal(path: string, model: Model, files: Map<string, Uint8Array>): Promise<void> {
  const locations = externalLocations(model);
  if (locations.size === 0) return;
  try {
    const { externalData } = await loadModel(path, () => locations);
    for (const { path: location, data } of externalData) files.set(location, data);
  } catch (error) {
    if (!(error instanceof CamError)) throw error;
  }
}

/** Reads a model and collects the facts about it. Throws `CamError` `model`. */
export async function inspectModel(source: string): Promise<ModelFacts> {
  const path = await modelPath(source);
  const { bytes } = await loadModel(path, () => []);
  // Read later, for the methods that need the values.
  const files = new Map<string, Uint8Array>();
  const parsed = withAssumedInputs(parseModel(bytes, path, files));
  const settings = await settingsFacts(analyse(parsed), path);
  const known = typeof settings === 'string' ? undefined : settings;
  const { network, target } = askedNetwork(analyse(withScoring(parsed, { labels: known?.labels?.length })));
  const { model } = network;
  const { layer, reason, tail } = choose(network);
  const scores = scoresOf(network);
  const labelsInGraph = typeof scores === 'string' ? undefined : scores.labels;
  const assumed =
    known && typeof scores !== 'string' ? await assumedLabels(network, known.known ? known : {}) : {};
  // Without a picture input there are no layers: that is the reason for having no target layer.
  const maps = orMessage(() => network.featureMaps);
  const layers = 'value' in maps ? maps.value : [];
  const names = layers.map(({ name }) => name);
  const obstacles = obstaclesTo(model, names);
  if (tail) await readExternal(path, model, files);
  return {
    file: path,
    bytes: bytes.length,
    producer: model.producer,
    irVersion: model.irVersion,
    opset: model.opset,
    nodes: model.graph.nodes.length,
    inputs: model.graph.inputs.map(tensorFacts),
    outputs: model.graph.outputs.map(tensorFacts),
    layers: layers.map(({ name, opType, shape, layout }) => ({
      name,
      operator: opType,
      type: model.graph.valueInfo.get(name)?.dtype ?? null,
      shape: shape.map((d) => d ?? null),
      layout: layoutText(layout) || null,
      gradientObstacle: obstacles.get(name) ?? null,
    })),
    target,
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
    ...(tail && { methods: await servedMethods(network, tail.layer) }),
  };
}
