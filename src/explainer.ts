import type { Backend } from './backends/backend.js';
import { openBackend } from './backends/select.js';
import { CamError } from './errors.js';
import { augmented } from './explain/augment.js';
import { type BatchContext, explainBatch, type LazyTail } from './explain/batch.js';
import type { GradientSource } from './explain/gradients.js';
import { InputRoom, Memory } from './explain/memory.js';
import { chooseLayers, inputSize, lazyTail, modelFile } from './explain/open.js';
import {
  type Explainer,
  type ExplainerOptions,
  type ExplainOptions,
  IN_FLIGHT,
  type ModelFile,
} from './explain/options.js';
import { type Plan, planMethods } from './explain/plan.js';
import { type InputSize, type Prepared, pictureObstacle, prepare, sizeOf } from './explain/prepare.js';
import { usualBatch } from './explain/probe.js';
import { withLearntRanks } from './explain/ranks.js';
import { readModel } from './explain/read-model.js';
import { ScoreReader } from './explain/scores.js';
import { sessionOpener } from './explain/sessions.js';
import { type Settings, settingsOf } from './explain/settings.js';
import type { AnyTarget } from './explain/targets.js';
import { until } from './explain/until.js';
import { opsOn } from './kernels/ops.js';
import { miCam } from './methods/mi-cam.js';
import { shareWeights } from './onnx/expose.js';
import type { SeparateGradient } from './onnx/gradient.js';
import { candidateLayers } from './onnx/layers.js';
import type { Model } from './onnx/model.js';
import { classifyTail } from './onnx/tail.js';
import type { Session } from './runtime/index.js';
import type { Explanation, InputTensor, Picture, Preprocessing } from './types.js';

export type { Explainer, ExplainerOptions, ExplainOptions, ModelFile } from './explain/options.js';

/**
 * Opens a classifier to explain it: picks the target layer, opens backend and session. The session is shared by all methods:
 * one forward pass per batch.
 *
 * @param source  The model's bytes, or a `ModelFile`; a string is a URL (in Node a path).
 * @throws {CamError} `model`, `target` (no output can be class scores), `layer`, `option`, `backend`.
 */
export async function createExplainer(
  source: ModelFile | Uint8Array | ArrayBuffer | string | URL,
  options: ExplainerOptions = {},
): Promise<Explainer> {
  const file = await modelFile(source);
  const asked = options.methods ?? [miCam()];
  const read = readModel(file, asked, options);
  const layers = chooseLayers(read, asked, options);
  const names = layers.map(({ name }) => name);
  const isDifferentiated = asked.some(({ needs }) => (needs as readonly string[]).includes('gradients'));
  const model = isDifferentiated
    ? await withLearntRanks(read, classifyTail(read, names[0]), file, options)
    : read;
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
    // Class scores, and what CALM makes such of, are read on the host; layers and what the backward model is fed are not.
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
    const parts = { plan, reader, layers, backend, session, gradients, tails, opened };
    return new OnnxExplainer(model, options, parts);
  } catch (error) {
    for (const session of opened) await session.dispose();
    backend.dispose();
    throw error;
  }
}

/** The forward tensors that a backward model takes as float32: the others come to the host in any case. */
const floatTaps = (backward: SeparateGradient | undefined): readonly string[] =>
  backward?.taps.filter((tap) =>
    backward.inputs.some(({ name, dtype }) => name === tap && dtype === 'float32'),
  ) ?? [];

interface Parts {
  readonly reader: ScoreReader;
  readonly layers: Explainer['layers'];
  readonly backend: Backend;
  readonly session: Session;
  readonly plan: Plan;
  readonly gradients: GradientSource | undefined;
  readonly tails: ReadonlyMap<string, LazyTail>;
  /** All sessions, those of tails that are opened later included. */
  readonly opened: readonly Session[];
}

class OnnxExplainer implements Explainer {
  readonly backend: 'wasm' | 'webgpu';
  readonly usualBatch: number;
  readonly device: string;
  readonly runtime: string;
  readonly layers: Explainer['layers'];
  readonly skipped: Plan['skipped'];
  readonly labels?: readonly string[];
  readonly labelsSource?: string;
  readonly scores: Explainer['scores'];
  readonly input: Explainer['input'];
  readonly preprocessing: Preprocessing;
  readonly preprocessingSource: string;
  readonly pictureObstacle?: string;
  private readonly settings: Settings;
  private readonly size: InputSize;
  private readonly context: BatchContext;
  private readonly opened: readonly Session[];

  constructor(model: Model, options: ExplainerOptions, { layers, opened, ...parts }: Parts) {
    this.layers = layers;
    this.opened = opened;
    this.skipped = parts.plan.skipped;
    const { most, scores } = parts.reader;
    this.scores = scores;
    this.usualBatch = Math.min(most, usualBatch(parts.plan.largest));
    this.backend = parts.backend.name;
    this.device = parts.backend.device;
    this.runtime = parts.session.runtime;
    const [input] = model.graph.inputs;
    this.input = input;
    this.settings = settingsOf(model, input, options, scores.labels);
    this.labels = this.settings.labels;
    this.labelsSource = this.settings.labelsSource;
    this.size = inputSize(this.input);
    this.context = {
      ...parts,
      ops: opsOn(parts.backend),
      memory: new Memory(),
      layers: layers.map(({ name }) => name),
      candidates: candidateLayers(model),
      input: this.input.name,
      eigenSmooth: options.eigenSmooth === true,
      labels: this.settings.labels,
    };
    this.preprocessing = this.forInput(this.settings.preprocessing);
    this.preprocessingSource = this.settings.preprocessingSource;
    this.pictureObstacle = pictureObstacle(this.size, this.preprocessing, this.preprocessingSource);
  }

  /** A model with 8-bit input normalises inside: it is fed the pixels themselves. */
  private forInput(preprocessing: Preprocessing): Preprocessing {
    if (this.input.dtype !== 'uint8') return preprocessing;
    const each = <T>(value: T): T[] => Array.from({ length: this.size.channels }, () => value);
    return { ...preprocessing, scale: 1, mean: each(0), std: each(1) };
  }

  async explain(
    images: readonly (Picture | InputTensor)[],
    options: ExplainOptions = {},
  ): Promise<Explanation[]> {
    if (options.targets && options.targets.length !== images.length) {
      throw new CamError(
        'option',
        `targets: expected one entry per image (${images.length}), got ${options.targets.length}.`,
      );
    }
    const explanations: Explanation[] = [];
    for await (const explanation of this.stream(images, options)) explanations.push(explanation);
    return explanations;
  }

  async *stream(
    images: Iterable<Picture | InputTensor> | AsyncIterable<Picture | InputTensor>,
    options: ExplainOptions = {},
  ): AsyncGenerator<Explanation, void, undefined> {
    const { batch: asked = this.usualBatch, signal } = options;
    signal?.throwIfAborted();
    if (this.context.reader.refusal) throw this.context.reader.refusal;
    if (!(Number.isInteger(asked) && asked >= 1)) {
      throw new CamError('option', `batch: expected a whole number of at least 1, got ${asked}.`);
    }
    const batch = Math.min(asked, this.context.reader.most);
    const fail = failer(options.onError);
    const running: Promise<Explanation[]>[] = [];
    const { memory } = this.context;
    let room = new InputRoom(memory, batch);
    let waiting: Prepared[] = [];
    const start = (): void => {
      const used = room;
      const explained = this.batch(waiting, options).finally(() => used.release());
      // Seen when its turn comes.
      explained.catch(() => undefined);
      running.push(explained);
      room = new InputRoom(memory, batch);
      waiting = [];
    };
    let image = 0;
    let size = '';
    try {
      for await (const source of until(images, signal)) {
        const own = sizeOf(source, this.preprocessing).join();
        // One pass takes images of one size.
        if (waiting.length === batch || (waiting.length > 0 && own !== size)) {
          start();
          while (running.length >= IN_FLIGHT[this.backend]) yield* await (running.shift() ?? []);
        }
        size = own;
        let next: Prepared | undefined;
        try {
          next = prepare(source, image, {
            input: this.size,
            preprocessing: this.preprocessing,
            known: this.settings.known,
            pictureObstacle: this.pictureObstacle,
            room,
          });
        } catch (error) {
          fail(error, image);
        }
        image++;
        if (next) waiting.push(next);
      }
      if (waiting.length > 0) start();
      for (const explained of running) yield* await explained;
    } finally {
      // Stopped, failed or left in the middle: nothing goes on after the end.
      await Promise.allSettled(running);
      room.release();
    }
  }

  private async batch(images: readonly Prepared[], options: ExplainOptions): Promise<Explanation[]> {
    const fail = failer(options.onError);
    try {
      const specs = (at: number) => asList(options.targets?.[at] ?? options.target ?? 'predicted');
      const request = { specs, fail, signal: options.signal };
      const plain = await explainBatch(images, this.context, request);
      return options.augment ? await augmented(images, plain, this.context, request) : plain;
    } catch (error) {
      options.signal?.throwIfAborted();
      // An output that holds no class scores is the fault of no image.
      if (error === this.context.reader.refusal) throw error;
      // What fails for a batch may be the fault of one image: each is tried alone before it is given up.
      if (images.length === 1) {
        fail(error, images[0].image);
        return [];
      }
      if (!options.onError) throw error;
      const each: Explanation[] = [];
      for (const one of images) each.push(...(await this.batch([one], options)));
      return each;
    }
  }

  async dispose(): Promise<void> {
    try {
      for (const session of this.opened) await session.dispose();
    } finally {
      this.context.backend.dispose();
      this.context.memory.clear();
    }
  }
}

const asList = (spec: AnyTarget | readonly AnyTarget[]): readonly AnyTarget[] =>
  typeof spec === 'object' && !('weights' in spec) ? spec : [spec];

/** Reports an image's failure, or throws it where nobody listens. Only what the package understands is an image's fault. */
function failer(onError: ExplainOptions['onError']): (error: unknown, image: number) => void {
  return (error, image) => {
    if (!onError || !(error instanceof CamError)) throw error;
    onError(error, image);
  };
}
