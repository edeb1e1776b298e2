import { CamError } from '../errors.js';
import { opsOn } from '../kernels/ops.js';
import { mapShape } from '../onnx/layouts.js';
import type { Network } from '../onnx/network.js';
import type { Session } from '../runtime/index.js';
import { targetsOf, topCount } from '../targets/index.js';
import type { Explanation, Preprocessing } from '../types.js';
import { boxRemarks } from './answers.js';
import { augmented } from './augment.js';
import { expectExplainOptions } from './checks.js';
import { someOf } from './choose-methods.js';
import { classCount, labelsOf } from './class-labels.js';
import { type ImageSource, isOne, listOf, type ReadImage } from './images.js';
import { type InputSize, inputSize } from './input-size.js';
import { Memory } from './memory.js';
import { noticesOf } from './notices.js';
import { type Explainer, type ExplainerOptions, type ExplainOptions, IN_FLIGHT } from './options.js';
import { usualBatch } from './pass-size.js';
import { explainBatch, type Pipeline } from './pipeline.js';
import { type Prepared, pictureObstacle, prepare, preparedShape } from './prepare.js';
import { type Settings, settingsOf } from './settings.js';
import { explainStream } from './stream.js';

/** What an explainer is made of. */
export interface Parts {
  readonly network: Network;
  readonly skipped: Explainer['skipped'];
  readonly pipeline: Omit<
    Pipeline,
    'ops' | 'memory' | 'input' | 'rowOf' | 'layoutAt' | 'alternative' | 'eigenSmooth'
  >;
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
  readonly skipped: Explainer['skipped'];
  readonly labels?: readonly string[];
  readonly labelsSource?: string;
  readonly scores: Explainer['scores'];
  readonly input: Explainer['input'];
  readonly preprocessing: Preprocessing;
  readonly preprocessingSource: string;
  readonly pictureObstacle?: string;
  readonly notices: readonly string[];
  private readonly target: NonNullable<ExplainerOptions['target']>;
  private readonly settings: Settings;
  private readonly size: InputSize;
  private readonly pipeline: Pipeline;
  private readonly opened: readonly Session[];
  private readonly read: ReadImage;

  constructor(options: ExplainerOptions, { network, skipped, opened, read, pipeline }: Parts) {
    const { layers } = pipeline;
    this.layers = layers.map(({ name, reason }) => ({ name, reason }));
    this.opened = opened;
    this.read = read;
    this.skipped = skipped;
    const { backend, reader, session } = pipeline;
    const { graphOutput, output, logits, activation, answer } = reader.scores;
    const remarks = [...reader.scores.remarks, ...boxRemarks({ output }, pipeline.targeting.boxes)];
    this.scores = { graphOutput, output, logits, activation, remarks, ...(answer && { answer }) };
    this.target = options.target ?? 'predicted';
    this.usualBatch = pipeline.exactBatch ?? Math.min(reader.most, usualBatch(network.largestTensor));
    this.backend = backend.name;
    this.device = backend.device;
    this.runtime = session.runtime;
    const { model } = network;
    const { channelsLast, ...input } = network.picture;
    this.input = input;
    this.settings = settingsOf(network, options, reader.scores.labels);
    const classes = answer ? undefined : classCount(network, output);
    // A number, a likeness and one's own target have no classes.
    const hasClasses = !answer || answer === 'pixels' || answer === 'box';
    this.labels = hasClasses ? labelsOf(this.settings.labels, classes) : undefined;
    this.labelsSource = this.labels && this.settings.labelsSource;
    this.size = { ...inputSize(this.input), channelsLast };
    this.featureMaps = network.featureMaps.map((map) => ({ name: map.name, shape: mapShape(map) }));
    const names = layers.map(({ name }) => name);
    this.pipeline = {
      ...pipeline,
      ops: opsOn(backend),
      memory: new Memory(),
      input: this.input.name,
      rowOf: (image) => image,
      layoutAt: (name, sides) => network.layoutAt(name, sides),
      eigenSmooth: options.eigenSmooth === true,
      targeting: { ...pipeline.targeting, labels: this.labels },
      alternative: network.featureMaps.findLast(
        ({ name, opType }) => opType === 'Relu' && !names.includes(name),
      )?.name,
    };
    this.preprocessing = this.forInput(this.settings.preprocessing);
    this.preprocessingSource = this.settings.preprocessingSource;
    this.pictureObstacle = pictureObstacle(this.size, this.preprocessing, this.preprocessingSource);
    const asked = { methods: options.methods !== undefined, layers: (options.layers ?? []).length > 0 };
    const tail = network.tail(names[names.length - 1]);
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
    const asked = targets?.[0] ?? options.target ?? this.target;
    const several = Array.isArray(asked) || topCount(asked) !== undefined;
    return (single && !several ? explanations[0] : explanations) as never;
  };

  stream: Explainer['stream'] = (images, options) => this.explainAll(images, options) as never;

  private async *explainAll(
    images: Iterable<ImageSource> | AsyncIterable<ImageSource>,
    options: ExplainOptions = {},
  ): AsyncGenerator<Explanation, void, undefined> {
    expectExplainOptions('stream', options);
    const { batch = this.usualBatch, signal } = options;
    signal?.throwIfAborted();
    const { rows } = options;
    const methods = someOf(this.pipeline.methods, options.methods);
    const rowOf = (image: number) => rows?.[image] ?? image;
    const pipeline = { ...this.pipeline, methods, rowOf };
    const { reader, memory } = pipeline;
    if (reader.refusal) throw reader.refusal;
    const { preprocessing, pictureObstacle, read } = this;
    const how = { input: this.size, preprocessing, known: this.settings.known, pictureObstacle };
    yield* explainStream(images, options, {
      batch: Math.min(pipeline.exactBatch ?? batch, reader.most),
      inFlight: IN_FLIGHT[this.backend],
      ...{ memory, read },
      size: (source) => preparedShape(source, preprocessing),
      prepare: (source, image, room) => prepare(source, image, { ...how, room }),
      explain: (images, fail) => this.batch(images, options, pipeline, fail),
      // An output that holds no class scores is the fault of no image.
      isFatal: (error) => error === reader.refusal,
    });
  }

  private async batch(
    images: readonly Prepared[],
    { targets, target = this.target, augment, signal, onProgress }: ExplainOptions,
    pipeline: Pipeline,
    fail: (error: unknown, image: number) => void,
  ): Promise<Explanation[]> {
    if (augment && this.scores.answer === 'box')
      throw new CamError(
        'option',
        'augment: expected a target that is the same in a mirrored picture, got a detection. Leave augment out.',
      );
    const specs = (at: number) => targetsOf(targets?.[at] ?? target);
    const request = { specs, fail, signal, onProgress };
    const plain = await explainBatch(images, pipeline, request);
    return augment ? await augmented(images, plain, pipeline, request) : plain;
  }

  async dispose(): Promise<void> {
    try {
      for (const session of this.opened) await session.dispose();
    } finally {
      this.pipeline.backend.dispose();
      this.pipeline.memory.clear();
    }
  }
}
