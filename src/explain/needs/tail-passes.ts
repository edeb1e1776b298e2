import type { Probe, ProbedImage } from '../../methods/probing.js';
import type { CutTail } from '../../onnx/cut.js';
import { imageOf, type Session } from '../../runtime/index.js';
import { ScoredPass } from '../../targets/index.js';
import type { Batch } from '../batch.js';
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

/** Passes of the part behind the layer on changed copies of it. Behind a linear tail W serves instead. */
export const tailPasses: Need = {
  plan: (question) => {
    const { network, layers, options } = question;
    const cut = layers.map((layer) => network.cutTail(layer, options.score ?? 'logit'));
    const linear = closedTail(question) && classWeights(question);
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
    const [n, k, h, w] = activations.shape;
    const own = imageOf(await values, at, n);
    const tail = this.tails[layer];
    const session = await tail.open();
    const { reader } = context;
    const { input, largest } = tail.model;
    const size = Math.min(reader.most, passSize(largest, 2 * 4 * own.length, MOST));
    const ring = new Float32Array(Math.min(size, passes) * own.length);
    const scores = new Float64Array(passes);
    counter.passed(at, 0, passes, false);
    for (let from = 0; from < passes; from += size) {
      const count = Math.min(size, passes - from);
      for (let i = 0; i < count; i++) {
        const copy = ring.subarray(i * own.length, (i + 1) * own.length);
        copy.set(own);
        change(copy, from + i);
      }
      const data = ring.subarray(0, count * own.length);
      const results = await session.run({ [input]: { data, shape: [count, k, h, w] } }, { signal });
      const pass = new ScoredPass(reader, results, count);
      for (let i = 0; i < count; i++) scores[from + i] = this.targets[at]?.evaluate(pass, i).score ?? 0;
      counter.passed(at, from + count, passes, false);
    }
    return scores;
  }
}
