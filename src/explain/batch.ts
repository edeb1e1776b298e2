import { type Backend, elements, type Tensor } from '../backends/backend.js';
import { CamError } from '../errors.js';
import type { Ops } from '../kernels/ops.js';
import type { AnyMethod } from '../methods/method.js';
import { type Layout, NCHW } from '../onnx/feature-map.js';
import {
  type AnyFeed,
  type Feed,
  isDeviceTensor,
  type Output,
  type Outputs,
  type Session,
} from '../runtime/index.js';
import { ScoredPass, type ScoreReader } from '../targets/index.js';
import { Failures } from './failures.js';
import { type FeatureTensor, onBackend } from './feature-tensor.js';
import type { FurtherInputs } from './further-inputs.js';
import type { Memory } from './memory.js';
import type { Prepared } from './prepare.js';
import { readFloats } from './run-method.js';
import type { TargetLayer } from './target-layer.js';

/** What batches are explained with; the same for all. */
export interface Context {
  readonly backend: Backend;
  readonly ops: Ops;
  readonly memory: Memory;
  /** Of the forward model. */
  readonly session: Session;
  /** What the model's scores mean. */
  readonly reader: ScoreReader;
  /** The model's image input. */
  readonly input: string;
  /** What its other inputs are fed. */
  readonly further: FurtherInputs;
  /** The row there of an image. */
  readonly rowOf: (image: number) => number;
  /** The target layers. */
  readonly layers: readonly TargetLayer[];
}

/** What the network is fed, `[n, C, H, W]`, normalised. */
export interface FedPictures {
  readonly data: Float32Array;
  readonly shape: readonly [number, number, number, number];
}

/** Images of one size after one forward pass, and what methods share of it. */
export class Batch {
  /** Images in it. */
  readonly size: number;
  readonly pass: ScoredPass;
  readonly failures = new Failures();
  private readonly adopted = new Map<string, FeatureTensor>();
  /** By layer. */
  private readonly ranges = new Map<number, Tensor<3, 'float32'>>();
  private readonly rooms: Float32Array<ArrayBuffer>[] = [];

  /** @param outputs  What the forward pass gave; freed with the batch. */
  constructor(
    readonly context: Context,
    readonly images: readonly Prepared[],
    readonly methods: readonly AnyMethod[],
    readonly fed: FedPictures,
    readonly outputs: Outputs,
    readonly signal: AbortSignal | undefined,
  ) {
    this.size = images.length;
    this.pass = new ScoredPass(context.reader, outputs, this.size);
  }

  /** What the forward model was fed and gave, by tensor. */
  get tensors(): Readonly<Record<string, Output | AnyFeed>> {
    return { ...this.outputs, ...this.further(), [this.context.input]: this.fed };
  }

  /** A target layer, for the kernels. */
  activations(layer: number): FeatureTensor {
    const { name, layout } = this.context.layers[layer];
    return this.adopt(name, `layer "${name}"`, layout);
  }

  /**
   * An output of the pass as `[n, k, h, w]`, for the kernels; freed with the batch.
   * @throws {CamError} `layer` for what is none.
   */
  adopt(name: string, where: string, layout: Layout = NCHW): FeatureTensor {
    const known = this.adopted.get(name);
    if (known) return known;
    if (name === this.context.input)
      throw new CamError('layer', `${where}: expected a tensor inside the model, got its input.`);
    const made = onBackend(where, this.outputs[name], layout, this.size, this.context.backend, this.failures);
    this.adopted.set(name, made);
    return made;
  }

  /** `[n, k, 2]`: least and largest value of each channel of a layer, upsampled to the images' size. */
  upsampledRanges(layer: number): Tensor<3, 'float32'> {
    const [, , H, W] = this.fed.shape;
    const ranges = this.ranges.get(layer) ?? this.context.ops.upsampledRange(this.activations(layer), [H, W]);
    this.ranges.set(layer, ranges);
    return ranges;
  }

  /** A tensor's numbers, in memory that is used again once the batch is released. */
  read(tensor: Tensor): Promise<Float32Array> {
    const { backend, memory } = this.context;
    const room = memory.take(elements(tensor.shape));
    this.rooms.push(room);
    return readFloats(backend, tensor, room);
  }

  /** The forward pass of other images `[n, C, H, W]`. The caller frees what it gives. */
  run(data: Float32Array): Promise<Outputs> {
    const { session, input } = this.context;
    const feeds = { ...this.further(), [input]: { data, shape: this.fed.shape } };
    return session.run(feeds, { signal: this.signal });
  }

  /** What the other inputs are fed for all images, or for copies of one. */
  further(at?: number, copies = 1): Readonly<Record<string, Feed>> {
    const { further, rowOf } = this.context;
    const images = at === undefined ? this.images : Array.from({ length: copies }, () => this.images[at]);
    return further(images.map(({ image }) => rowOf(image)));
  }

  release(): void {
    const { backend, memory } = this.context;
    for (const tensor of [...this.adopted.values(), ...this.ranges.values()]) backend.release(tensor);
    for (const room of this.rooms) memory.give(room);
    disposeAll(this.outputs);
  }
}

/** Frees what stayed on a GPU. */
export function disposeAll(outputs: Outputs): void {
  for (const output of Object.values(outputs)) if (isDeviceTensor(output)) output.dispose();
}
