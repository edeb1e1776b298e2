import type { Tensor } from '../../backends/backend.js';
import type { Answers, MaskedOptions, Probe, ProbedImage } from '../../methods/probing.js';
import { ScoredPass } from '../../targets/index.js';
import type { Batch } from '../batch.js';
import type { PassCounter } from '../pass-counter.js';
import { passSize } from '../pass-size.js';
import { sharing } from '../sessions.js';
import type { Need, Provided, Targets } from './need.js';

/** Most masked images in one pass. */
const MOST = 16;

/** Passes of the whole model on masked copies of the picture, in batches of a bounded size. */
export const forwardPasses: Need = {
  plan: ({ network, layers, options: { score = 'logit' } }) => {
    const { output, logits } = network.tail(layers[layers.length - 1].name);
    return {
      outputs: [output, score === 'logit' ? logits : output],
      open: () => ({ provide: (batch) => new ForwardPasses(batch, network.largestTensor) }),
    };
  },
};

class ForwardPasses implements Provided {
  private targets: Targets = [];
  private fed: Tensor<4, 'float32'> | undefined;

  /** @param largest  Bytes of one image's largest tensor in the model. */
  constructor(
    private readonly batch: Batch,
    private readonly largest: number,
  ) {}

  async forTargets(targets: Targets): Promise<void> {
    this.targets = targets;
  }

  probe(layer: number, counter: PassCounter): Pick<Probe, 'masked'> {
    return {
      masked: (image, channels, options) => this.masked(image, channels, layer, counter, options),
    };
  }

  release(): void {
    if (this.fed) this.batch.context.backend.release(this.fed);
  }

  private async masked(
    { at }: ProbedImage,
    channels: Uint32Array,
    layer: number,
    counter: PassCounter,
    { factor = 1, disturb }: MaskedOptions = {},
  ): Promise<Answers> {
    const { context, fed, signal } = this.batch;
    const { backend, ops, session, reader, input } = context;
    const [, c, H, W] = fed.shape;
    const pixels = c * H * W;
    const size = Math.min(reader.most, passSize(this.largest, 2 * 4 * pixels, MOST));
    const takesFloats = session.inputs.some(({ name, dtype }) => name === input && dtype === 'float32');
    const gpu = takesFloats && !disturb ? sharing(backend, session) : undefined;
    const ring = gpu ? undefined : new Float32Array(Math.min(size, channels.length) * pixels);
    const scores = new Float64Array(channels.length);
    const probabilities = new Float64Array(channels.length);
    const [images, ranges] = [this.uploaded(), this.batch.upsampledRanges(layer)];
    const activations = this.batch.activations(layer);
    counter.passed(at, 0, channels.length, true);
    for (let from = 0; from < channels.length; from += size) {
      const part = channels.subarray(from, from + size);
      const masks = backend.scope(() => {
        const list = backend.upload(part, [part.length] as const, 'uint32');
        return ops.scoreCamMasks(images, activations, ranges, list, { image: at, factor });
      });
      const feed = async () => {
        if (gpu) return { buffer: gpu.bufferOf(masks), shape: masks.shape };
        const data = await backend.read(masks, ring?.subarray(0, part.length * pixels));
        disturb?.(data);
        return { data, shape: masks.shape };
      };
      const run = async () =>
        session.run(
          { ...this.batch.further(at, part.length), [input]: await feed() },
          { outputs: reader.tensors, signal },
        );
      const results = await run().finally(() => backend.release(masks));
      const pass = new ScoredPass(reader, results, part.length);
      for (let i = 0; i < part.length; i++) {
        const answer = this.targets[at]?.evaluate(pass, i);
        scores[from + i] = answer?.score ?? 0;
        probabilities[from + i] = answer?.probability ?? 0;
      }
      counter.passed(at, from + part.length, channels.length, true);
    }
    return { scores, probabilities };
  }

  /** What the network is fed, on the backend. */
  private uploaded(): Tensor<4, 'float32'> {
    const { data, shape } = this.batch.fed;
    this.fed ??= this.batch.context.backend.upload(data, shape, 'float32');
    return this.fed;
  }
}
