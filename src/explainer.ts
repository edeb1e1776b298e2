import { openBackend } from './backends/select.js';
import { assumedLabels } from './explain/assumed-labels.js';
import { expectExplainerOptions } from './explain/checks.js';
import { chooseMethods, type MethodChoice } from './explain/choose-methods.js';
import { type ReadImage, readNothing } from './explain/images.js';
import { tellNotices } from './explain/notices.js';
import { OnnxExplainer } from './explain/onnx-explainer.js';
import { chooseLayers, floatTaps, lazyTail, modelFile } from './explain/open.js';
import type { DefaultMethods, Explainer, ExplainerOptions, MapsOf, ModelSource } from './explain/options.js';
import { planMethods } from './explain/plan.js';
import { withLearntRanks } from './explain/ranks.js';
import { readModel } from './explain/read-model.js';
import { ScoreReader } from './explain/scores.js';
import { sessionOpener } from './explain/sessions.js';
import { defaultMethodNames } from './methods/names.js';
import { shareWeights } from './onnx/expose.js';
import { classifyTail } from './onnx/tail.js';
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
  const written = readModel(file, asked, options);
  const layers = chooseLayers(written, asked, options);
  const names = layers.map(({ name }) => name);
  const isDifferentiated = asked.some(({ needs }) => (needs as readonly string[]).includes('gradients'));
  const model = isDifferentiated
    ? await withLearntRanks(written, classifyTail(written, names[0]), file, options)
    : written;
  const tail = classifyTail(model, names[names.length - 1]);
  const plan = await planMethods(model, tail, names, asked, options);
  const backend = await openBackend(options.backend);
  const opened: Session[] = [];
  const opener = sessionOpener(file, backend, options, opened);
  try {
    const reader = new ScoreReader(tail, options.score ?? 'logit');
    const passes = plan.methods.some(({ needs }) => (needs as readonly string[]).includes('forward'));
    const outputs = [
      ...names,
      tail.output,
      ...(passes ? reader.tensors : []),
      ...(plan.calm ? [plan.calm.scores, plan.calm.attention] : []),
    ];
    const backward = plan.gradients?.backward;
    const forward = plan.gradients?.tapped?.(outputs) ?? shareWeights(model, outputs);
    // Class scores, and what CALM makes such of, are read on the host; layers and what the backward model is
    // fed are not.
    const onHost = [tail.output, tail.logits, plan.calm?.scores, plan.calm?.attention];
    const session = await opener(
      forward,
      [...new Set([...names, ...floatTaps(backward)])].filter((name) => !onHost.includes(name)),
    );
    const gradients = plan.gradients && (await plan.gradients.open(opener));
    const tails = new Map(
      names.flatMap((name) => {
        const found = lazyTail(plan, name, opener);
        return found ? [[name, found] as const] : [];
      }),
    );
    const parts = { plan, reader, tail, layers, backend, session, gradients, tails, opened, read };
    const named = { ...options, ...(await assumedLabels(model, reader.scores, options)) };
    return new OnnxExplainer(model, named, parts);
  } catch (error) {
    for (const session of opened) await session.dispose();
    backend.dispose();
    throw error;
  }
}
