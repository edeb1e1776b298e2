import type { Probe, ProbedImage } from '../../methods/probing.js';
import type { CutTail } from '../../onnx/cut.js';
import { floats, imageOf, isDeviceTensor, type Session } from '../../runtime/index.js';
import { ScoredPass } from '../../targets/index.js';
import type { Batch } from '../batch.js';
import { type Extent, extentOf, writeBack } from '../layout.js';
import type { PassCounter } from '../pass-counter.js';
import { passSize } from '../pass-size.js';
import { readFloats } from '../run-method.js';
import { type ClassWeights, classWeights, closedTail } from './linear-tail.js';
import type { Need, Provided, Targets } from './need.js';

/** Most copies of a layer in one pass. */
const MOST = 128;

/** The part of the model behind a layer, opened when it is first needed. */
interface LazyTail {
  readonly model: CutTail;
  open(): Promise<Session>;
}

/** One image's layer as the tail takes it. */
interface Stored {
  readonly data: Float32Array;
  readonly shape: readonly number[];
  /** Where it has to be turned. */
  readonly extent?: Extent;
}

/** Passes of the part behind the layer on changed copies of it. Behind a linear tail W serves instead. */
export const tailPasses: Need = {
  plan: (question) => {
    const { network, layers, options } = question;
    const cut = layers.map(({ name }) => network.cutTail(name, options.score ?? 'logit'));
    const tail = closedTail(question);
    // Scores of integer weights are those of W up to rounding only: these are run.
    const linear = tail && !tail.classifier?.quantised ? classWeights(question) : undefined;
    return {
      open: (opener) => {
        const tails = cut.map((model): LazyTail => {
          let session: Promise<Session> | undefined;
          return {
            model,
            open: () => {
              session ??= opener(model, []);
              return session;
            },
          };
        });
        return { provide: (batch) => new TailPasses(batch, tails, linear) };
      },
    };
  },
};

class TailPasses implements Provided {
  private targets: Targets = [];
  /** By layer: its activations on the host. */
  private readonly values = new Map<number, Promise<Float32Array>>();

  constructor(
    private readonly batch: Batch,
    private readonly tails: readonly LazyTail[],
    private readonly linear: ClassWeights | undefined,
  ) {}

  async forTargets(targets: Targets): Promise<void> {
    this.targets = targets;
  }

  probe(layer: number, counter: PassCounter): Pick<Probe, 'linear' | 'tail'> {
    return {
      linear: this.linear,
      tail: (image, passes, change) => this.tail(image, passes, change, layer, counter),
    };
  }

  release(): void {
    this.values.clear();
  }

  private async tail(
    { at }: ProbedImage,
    passes: number,
    change: (copy: Float32Array, i: number) => void,
    layer: number,
    counter: PassCounter,
  ): Promise<Float64Array> {
    const { context, signal } = this.batch;
    const activations = this.batch.activations(layer);
    const values = this.values.get(layer) ?? readFloats(context.backend, activations);
    this.values.set(layer, values);
    const own = imageOf(await values, at, activations.shape[0]);
    const stored: Stored = this.stored(layer, at) ?? { data: own, shape: activations.shape.slice(1) };
    const tail = this.tails[layer];
    const session = await tail.open();
    const { reader } = context;
    const { input, largest } = tail.model;
    const size = Math.min(reader.most, passSize(largest, 2 * 4 * own.length, MOST));
    const ring = new Float32Array(Math.min(size, passes) * stored.data.length);
    const turned = stored.extent && new Float32Array(own.length);
    const scores = new Float64Array(passes);
    counter.passed(at, 0, passes, false);
    for (let from = 0; from < passes; from += size) {
      const count = Math.min(size, passes - from);
      for (let i = 0; i < count; i++) {
        const fed = ring.subarray(i * stored.data.length, (i + 1) * stored.data.length);
        fed.set(stored.data);
        const copy = turned ?? fed;
        turned?.set(own);
        change(copy, from + i);
        if (stored.extent) writeBack(copy, stored.extent, fed);
      }
      const data = ring.subarray(0, count * stored.data.length);
      const shape = [count, ...stored.shape];
      const results = await session.run({ [input]: { data, shape } }, { signal });
      const pass = new ScoredPass(reader, results, count);
      for (let i = 0; i < count; i++) scores[from + i] = this.targets[at]?.evaluate(pass, i).score ?? 0;
      counter.passed(at, from + count, passes, false);
    }
    return scores;
  }

  /** One image's layer in the model's own layout; `undefined` where that is `[k, h, w]`. */
  private stored(layer: number, at: number): Stored | undefined {
    const { outputs, size, context } = this.batch;
    const { name, layout } = context.layers[layer];
    const output = outputs[name];
    if (layout.kind === 'nchw' || isDeviceTensor(output)) return undefined;
    const data = imageOf(floats(output, `layer "${name}"`), at, size);
    return { data, shape: output.shape.slice(1), extent: extentOf(layout, output.shape) };
  }
}
