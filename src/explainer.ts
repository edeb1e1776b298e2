import { openBackend } from './backends/select.js';
import { boxesOf, othersOf } from './explain/answers.js';
import { assumedLabels } from './explain/assumed-labels.js';
import { expectExplainerOptions } from './explain/checks.js';
import { chooseMethods, type MethodChoice } from './explain/choose-methods.js';
import { furtherInputs, onHost } from './explain/further-inputs.js';
import { type ReadImage, readNothing } from './explain/images.js';
import { modelFile } from './explain/model-file.js';
import { scoreReader } from './explain/needs/calm-scores.js';
import { tellNotices } from './explain/notices.js';
import { OnnxExplainer } from './explain/onnx-explainer.js';
import type { DefaultMethods, Explainer, ExplainerOptions, MapsOf, ModelSource } from './explain/options.js';
import { openNeeds } from './explain/pipeline.js';
import { planMethods } from './explain/plan.js';
import { withLearntRanks } from './explain/ranks.js';
import { readNetwork } from './explain/read-network.js';
import { sessionOpener } from './explain/sessions.js';
import { settingsOf } from './explain/settings.js';
import { targetLayers } from './explain/target-layers.js';
import { defaultMethodNames } from './methods/names.js';
import { takes } from './methods/takes.js';
import type { Session } from './runtime/index.js';

export type {
  DefaultMethods,
  Explainer,
  ExplainerOptions,
  ExplainOneOptions,
  ExplainOptions,
  MapsOf,
  ModelFile,
  ModelSource,
} from './explain/options.js';

/**
 * Opens a classifier to explain it: picks the target layer, opens backend and session. The session is shared
 * by all methods: one forward pass per batch.
 *
 * @param source  The model's bytes, or a `ModelFile`; a string is a URL (in Node a path).
 * @throws {CamError} `model`, `target` (no output can be class scores), `layer`, `option`, `backend`.
 */
export async function createExplainer<
  const Methods extends readonly MethodChoice[] = DefaultMethods,
  const Unservable extends 'error' | 'skip' = 'error',
>(
  source: ModelSource,
  options?: ExplainerOptions<Methods, Unservable>,
): Promise<Explainer<MapsOf<Methods, Unservable>>> {
  const explainer = await openExplainer(source, options);
  tellNotices(explainer.notices, options?.onNotice);
  return explainer as Explainer<MapsOf<Methods, Unservable>>;
}

/**
 * `createExplainer`, which tells no notices.
 * @param read  Reads images that are given by name.
 */
export async function openExplainer(
  source: ModelSource,
  given: ExplainerOptions = {},
  read: ReadImage = readNothing,
): Promise<Explainer> {
  const checked = expectExplainerOptions(given);
  const asked = chooseMethods(checked.methods ?? defaultMethodNames);
  // Of the default methods, those that the model can serve.
  const options: ExplainerOptions = checked.methods ? checked : { ...checked, unservable: 'skip' };
  const file = await modelFile(source);
  const written = readNetwork(file, asked, options);
  const layers = targetLayers(written, asked, options);
  const names = layers.map(({ name }) => name);
  const further = furtherInputs(written, onHost(options.inputs));
  const isDifferentiated = asked.some((method) => takes(method, 'gradients'));
  const network = isDifferentiated
    ? await withLearntRanks(written, names[0], file, options, further)
    : written;
  const plan = await planMethods({ network, layers, options }, asked);
  const backend = await openBackend(options.backend);
  const opened: Session[] = [];
  try {
    const boxes = boxesOf(network, options, () => settingsOf(network, options).labels?.length);
    const reader = scoreReader(network, asked, options, othersOf(options, boxes));
    const opener = sessionOpener(file, network.picture, backend, options, opened);
    const opens = await openNeeds(network.model, plan, { layers, reader }, opener);
    const { methods, skipped } = plan;
    const pipeline = { ...opens, backend, reader, layers, methods, further, targeting: { boxes } };
    const named = { ...options, ...(await assumedLabels(network, options)) };
    return new OnnxExplainer(named, { network, skipped, pipeline, opened, read });
  } catch (error) {
    for (const session of opened) await session.dispose();
    backend.dispose();
    throw error;
  }
}
