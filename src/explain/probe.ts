import type { Backend, Tensor } from '../backends/backend.js';
import type { Ops } from '../kernels/ops.js';
import type { Answers, Elsewhere, MaskedOptions, Probe, ProbedImage } from '../methods/probing.js';
import type { CutTail } from '../onnx/cut.js';
import type { Session } from '../runtime/index.js';
import { imageOf, sharing } from './layers.js';
import { readFloats } from './saliency.js';
import type { ScoreReader } from './scores.js';

/** Bytes that one pass may take for activations. Larger batches gain little on a CPU and cost memory. */
const PASS_BYTES = 64 * 2 ** 20;

/** How many tensors of its largest size a model holds at once, more or less. */
const LIVE = 3;

/** Most masked images, and most copies of a layer, in one pass. */
const MOST_MASKED = 16;
const MOST_COPIES = 128;

/** Bytes that one pass over pictures may take: a batch saves little beyond what this holds. */
const BATCH_BYTES = 256 * 2 ** 20;

/** Images in one pass where nobody says: 8, fewer where the model's tensors are large. */
export const usualBatch = (largest: number): number =>
  Math.min(8, Math.max(1, Math.floor(BATCH_BYTES / (LIVE * largest))));

/** Images in one pass of a model whose largest tensor has so many bytes, fed with so many. */
export function passSize(largest: number, fed: number, most: number): number {
  return Math.min(most, Math.max(1, Math.floor(PASS_BYTES / (LIVE * largest + fed))));
}

/** What all probes have in common. */
export interface ProbeContext {
  readonly backend: Backend;
  readonly ops: Ops;
  /** Gives the class scores, and the logits where they are explained. */
  readonly session: Session;
  readonly reader: ScoreReader;
  /** The model's image input. */
  readonly input: string;
  /** Bytes of one image's largest tensor in the model. */
  readonly largest: number;
}

/** What one layer's probe works with. */
export interface ProbeParts extends Pick<Probe, 'images' | 'input' | 'linear'> {
  readonly activations: Tensor<4, 'float32'>;
  /** The part behind the layer, opened when it is first needed. */
  readonly cut?: { readonly model: CutTail; readonly open: () => Promise<Session> };
  readonly elsewhere: (input: Float32Array) => Promise<Elsewhere>;
  /**
   * Called before the first pass of many, and after some of them.
   * @param isWhole  Whether they are passes of the whole model.
   */
  readonly passed?: (at: number, done: number, total: number, isWhole: boolean) => void;
  /** Stops it between passes; its reason is thrown. */
  readonly signal?: AbortSignal;
}

/**
 * The model as a method that runs it sees it: passes come in batches of a bounded size, through memory that
 * is used again.
 */
export class LayerProbe implements Probe {
  readonly activations: Tensor<4, 'float32'>;
  readonly images: readonly ProbedImage[];
  readonly input: Probe['input'];
  readonly linear: Probe['linear'];
  private readonly own: Tensor[] = [];
  private uploaded: Tensor<4, 'float32'> | undefined;
  private ranges: Tensor<3, 'float32'> | undefined;
  private rangeValues: Promise<Float32Array> | undefined;
  private layerValues: Promise<Float32Array> | undefined;

  constructor(
    private readonly context: ProbeContext,
    private readonly parts: ProbeParts,
  ) {
    this.activations = parts.activations;
    this.images = parts.images;
    this.input = parts.input;
    this.linear = parts.linear;
  }

  release(): void {
    for (const tensor of this.own) this.context.backend.release(tensor);
  }

  values(tensor: Tensor): Promise<Float32Array> {
    return readFloats(this.context.backend, tensor);
  }

  async compute(make: () => Tensor): Promise<Float32Array> {
    const made = this.context.backend.scope(make);
    try {
      return await this.values(made);
    } finally {
      this.context.backend.release(made);
    }
  }

  elsewhere(input: Float32Array): Promise<Elsewhere> {
    return this.parts.elsewhere(input);
  }

  async varying({ at }: ProbedImage): Promise<Uint32Array> {
    this.rangeValues ??= this.values(this.upsampledRanges());
    const ranges = await this.rangeValues;
    const channels = Uint32Array.from({ length: this.activations.shape[1] }, (_, k) => k);
    const first = 2 * at * channels.length;
    return channels.filter((k) => ranges[first + 2 * k + 1] > ranges[first + 2 * k]);
  }

  async masked(
    { at, target }: ProbedImage,
    channels: Uint32Array,
    { factor = 1, disturb }: MaskedOptions = {},
  ): Promise<Answers> {
    const { backend, ops, session, reader, input, largest } = this.context;
    const [, c, H, W] = this.input.shape;
    const pixels = c * H * W;
    const size = Math.min(reader.most, passSize(largest, 2 * 4 * pixels, MOST_MASKED));
    const takesFloats = session.inputs.some(({ name, dtype }) => name === input && dtype === 'float32');
    const gpu = takesFloats && !disturb ? sharing(backend, session) : undefined;
    const ring = gpu ? undefined : new Float32Array(Math.min(size, channels.length) * pixels);
    const { explained, tensors: outputs } = reader;
    const { output } = reader.scores;
    const scores = new Float64Array(channels.length);
    const chances = new Float64Array(channels.length);
    const [images, ranges] = [this.fed(), this.upsampledRanges()];
    this.parts.passed?.(at, 0, channels.length, true);
    for (let from = 0; from < channels.length; from += size) {
      const part = channels.subarray(from, from + size);
      const masks = backend.scope(() => {
        const list = backend.upload(part, [part.length] as const, 'uint32');
        return ops.scoreCamMasks(images, this.activations, ranges, list, { image: at, factor });
      });
      const feed = async () => {
        if (gpu) return { buffer: gpu.bufferOf(masks), shape: masks.shape };
        const data = await backend.read(masks, ring?.subarray(0, part.length * pixels));
        disturb?.(data);
        return { data, shape: masks.shape };
      };
      const run = async () => session.run({ [input]: await feed() }, { outputs, signal: this.parts.signal });
      const results = await run().finally(() => backend.release(masks));
      reader.explainedRows(results[explained], part.length).forEach((row, i) => {
        scores[from + i] = row[target];
      });
      reader.rows(results[output], part.length).forEach((row, i) => {
        chances[from + i] = reader.probabilities(row)[target];
      });
      this.parts.passed?.(at, from + part.length, channels.length, true);
    }
    return { scores, probabilities: chances };
  }

  async tail(
    { at, target }: ProbedImage,
    passes: number,
    change: (copy: Float32Array, i: number) => void,
  ): Promise<Float64Array> {
    const { cut, signal } = this.parts;
    if (!cut) throw new Error('tail: expected a method that declares that it needs it.');
    this.layerValues ??= this.values(this.activations);
    const [n, k, h, w] = this.activations.shape;
    const own = imageOf(await this.layerValues, at, n);
    const session = await cut.open();
    const { reader } = this.context;
    const { input, output, largest } = cut.model;
    const size = Math.min(reader.most, passSize(largest, 2 * 4 * own.length, MOST_COPIES));
    const ring = new Float32Array(Math.min(size, passes) * own.length);
    const scores = new Float64Array(passes);
    this.parts.passed?.(at, 0, passes, false);
    for (let from = 0; from < passes; from += size) {
      const count = Math.min(size, passes - from);
      for (let i = 0; i < count; i++) {
        const copy = ring.subarray(i * own.length, (i + 1) * own.length);
        copy.set(own);
        change(copy, from + i);
      }
      const data = ring.subarray(0, count * own.length);
      const results = await session.run({ [input]: { data, shape: [count, k, h, w] } }, { signal });
      reader.explainedRows(results[output], count).forEach((row, i) => {
        scores[from + i] = row[target];
      });
      this.parts.passed?.(at, from + count, passes, false);
    }
    return scores;
  }

  private fed(): Tensor<4, 'float32'> {
    const { data, shape } = this.input;
    this.uploaded ??= this.keep(() => this.context.backend.upload(data, shape, 'float32'));
    return this.uploaded;
  }

  private upsampledRanges(): Tensor<3, 'float32'> {
    const [, , H, W] = this.input.shape;
    this.ranges ??= this.keep(() => this.context.ops.upsampledRange(this.activations, [H, W]));
    return this.ranges;
  }

  private keep<T extends Tensor>(make: () => T): T {
    const tensor = make();
    this.own.push(tensor);
    return tensor;
  }
}
