import type { Backend } from '../backends/backend.js';
import { CamError } from '../errors.js';
import { opsOn } from '../kernels/ops.js';
import { candidateLayers } from '../onnx/layers.js';
import type { Model, Tail } from '../onnx/model.js';
import type { Session } from '../runtime/index.js';
import type { Explanation, Preprocessing } from '../types.js';
import { augmented } from './augment.js';
import { type BatchContext, explainBatch, type LazyTail } from './batch.js';
import { expectExplainOptions } from './checks.js';
import { withMethods } from './choose-methods.js';
import { classCount, labelsOf } from './class-labels.js';
import { failer } from './failer.js';
import type { GradientSource } from './gradients.js';
import { type ImageSource, isOne, listOf, type ReadImage, toImage } from './images.js';
import { InputRoom, Memory } from './memory.js';
import { noticesOf } from './notices.js';
import { inputSize } from './open.js';
import { type Explainer, type ExplainerOptions, type ExplainOptions, IN_FLIGHT } from './options.js';
import type { Plan } from './plan.js';
import { type InputSize, type Prepared, pictureObstacle, prepare, sizeOf } from './prepare.js';
import { usualBatch } from './probe.js';
import type { ScoreReader } from './scores.js';
import { type Settings, settingsOf } from './settings.js';
import { targetsOf, topCount } from './targets.js';
import { until } from './until.js';

/** What an explainer is made of. */
export interface Parts {
  readonly tail: Pick<Tail, 'kind'>;
  readonly reader: ScoreReader;
  readonly layers: Explainer['layers'];
  readonly backend: Backend;
  readonly session: Session;
  readonly plan: Plan;
  readonly gradients: GradientSource | undefined;
  readonly tails: ReadonlyMap<string, LazyTail>;
  /** All sessions, those of tails that are opened later included. */
  readonly opened: readonly Session[];
  readonly read: ReadImage;
}

/** Explains images with a model that is open. */
export class OnnxExplainer implements Explainer {
  readonly backend: 'wasm' | 'webgpu';
  readonly usualBatch: number;
  readonly device: string;
  readonly runtime: string;
  readonly layers: Explainer['layers'];
  readonly featureMaps: Explainer['featureMaps'];
  readonly skipped: Plan['skipped'];
  readonly labels?: readonly string[];
  readonly labelsSource?: string;
  readonly scores: Explainer['scores'];
  readonly input: Explainer['input'];
  readonly preprocessing: Preprocessing;
  readonly preprocessingSource: string;
  readonly pictureObstacle?: string;
  readonly notices: readonly string[];
  private readonly settings: Settings;
  private readonly size: InputSize;
  private readonly context: BatchContext;
  private readonly opened: readonly Session[];
  private readonly read: ReadImage;

  constructor(model: Model, options: ExplainerOptions, { layers, opened, read, tail, ...parts }: Parts) {
    this.layers = layers;
    this.opened = opened;
    this.read = read;
    this.skipped = parts.plan.skipped;
    const { most, scores } = parts.reader;
    const { graphOutput, output, logits, activation, remarks } = scores;
    this.scores = { graphOutput, output, logits, activation, remarks };
    this.usualBatch = Math.min(most, usualBatch(parts.plan.largest));
    this.backend = parts.backend.name;
    this.device = parts.backend.device;
    this.runtime = parts.session.runtime;
    const [input] = model.graph.inputs;
    this.input = input;
    this.settings = settingsOf(model, input, options, scores.labels);
    const classes = classCount(model, output);
    this.labels = labelsOf(this.settings.labels, classes);
    this.labelsSource = this.settings.labelsSource;
    this.size = inputSize(this.input);
    const candidates = candidateLayers(model);
    this.featureMaps = candidates.map(({ name, shape }) => ({ name, shape }));
    this.context = {
      ...parts,
      ops: opsOn(parts.backend),
      memory: new Memory(),
      layers: layers.map(({ name }) => name),
      candidates,
      input: this.input.name,
      eigenSmooth: options.eigenSmooth === true,
      labels: this.labels,
    };
    this.preprocessing = this.forInput(this.settings.preprocessing);
    this.preprocessingSource = this.settings.preprocessingSource;
    this.pictureObstacle = pictureObstacle(this.size, this.preprocessing, this.preprocessingSource);
    const asked = { methods: options.methods !== undefined, layers: (options.layers ?? []).length > 0 };
    this.notices = noticesOf(model, { ...this, settings: this.settings, tail, classes }, asked);
  }

  /** A model with 8-bit input normalises inside: it is fed the pixels themselves. */
  private forInput(preprocessing: Preprocessing): Preprocessing {
    if (this.input.dtype !== 'uint8') return preprocessing;
    const each = <T>(value: T): T[] => Array.from({ length: this.size.channels }, () => value);
    return { ...preprocessing, scale: 1, mean: each(0), std: each(1) };
  }

  explain: Explainer['explain'] = async (source: unknown, options: ExplainOptions = {}): Promise<never> => {
    expectExplainOptions('explain', options);
    const images = listOf(source) as ImageSource[];
    const { targets, onError, ...others } = options;
    if (targets && targets.length !== images.length) {
      throw new CamError(
        'option',
        `targets: expected one entry per image (${images.length}), got ${targets.length}.`,
      );
    }
    const single = isOne(source);
    const explanations: Explanation[] = [];
    // What is left out of a list is missed in it; in place of a single image there would be nothing.
    const all = this.stream(images, single ? { ...others, targets } : options);
    for await (const explanation of all) explanations.push(explanation);
    const asked = targets?.[0] ?? options.target;
    const several = Array.isArray(asked) || topCount(asked) !== undefined;
    return (single && !several ? explanations[0] : explanations) as never;
  };

  stream: Explainer['stream'] = (images, options) => this.explainAll(images, options) as never;

  private async *explainAll(
    source: Iterable<ImageSource> | AsyncIterable<ImageSource>,
    options: ExplainOptions = {},
  ): AsyncGenerator<Explanation, void, undefined> {
    expectExplainOptions('stream', options);
    const images = isOne(source) ? (listOf(source) as ImageSource[]) : source;
    const { batch: asked = this.usualBatch, signal } = options;
    signal?.throwIfAborted();
    const context = withMethods(this.context, options.methods);
    if (context.reader.refusal) throw context.reader.refusal;
    const batch = Math.min(asked, context.reader.most);
    const fail = failer(options.onError);
    const running: Promise<Explanation[]>[] = [];
    const { memory } = this.context;
    let room = new InputRoom(memory, batch);
    let waiting: Prepared[] = [];
    const start = (): void => {
      const used = room;
      const explained = this.batch(waiting, options, context).finally(() => used.release());
      // Seen when its turn comes.
      explained.catch(() => undefined);
      running.push(explained);
      room = new InputRoom(memory, batch);
      waiting = [];
    };
    let image = 0;
    let size = '';
    try {
      for await (const given of until(images, signal)) {
        const at = image++;
        const source = await toImage(given, at, this.read).catch((error: unknown) => fail(error, at));
        signal?.throwIfAborted();
        if (!source) continue;
        const own = sizeOf(source, this.preprocessing).join();
        // One pass takes images of one size.
        if (waiting.length === batch || (waiting.length > 0 && own !== size)) {
          start();
          while (running.length >= IN_FLIGHT[this.backend]) yield* await (running.shift() ?? []);
        }
        size = own;
        try {
          const { preprocessing, pictureObstacle, settings } = this;
          const how = { input: this.size, preprocessing, known: settings.known, pictureObstacle, room };
          waiting.push(prepare(source, at, how));
        } catch (error) {
          fail(error, at);
        }
      }
      if (waiting.length > 0) start();
      for (const explained of running) yield* await explained;
    } finally {
      // Stopped, failed or left in the middle: nothing goes on after the end.
      await Promise.allSettled(running);
      room.release();
    }
  }

  private async batch(
    images: readonly Prepared[],
    options: ExplainOptions,
    context: BatchContext,
  ): Promise<Explanation[]> {
    const fail = failer(options.onError);
    try {
      const specs = (at: number) => targetsOf(options.targets?.[at] ?? options.target ?? 'predicted');
      const request = { specs, fail, signal: options.signal, onProgress: options.onProgress };
      const plain = await explainBatch(images, context, request);
      return options.augment ? await augmented(images, plain, context, request) : plain;
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
      for (const one of images) each.push(...(await this.batch([one], options, context)));
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
