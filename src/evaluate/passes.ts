import type { Backend, Tensor } from '../backends/backend.js';
import { type Ops, opsOn } from '../kernels/ops.js';
import { distinctPasses, type Probe, type Replacement, ranksOf, type Score } from '../metrics/index.js';
import { addScores, expectBatch } from '../metrics/passes.js';
import type { InputTensor } from '../types.js';
import type { Subject } from './subject.js';

type Rows = readonly Float64Array[];
type Scorer = Pick<Subject, 'backend' | 'scores' | 'scoresOnDevice'>;

/** One pass of a batch under construction. */
interface Slot {
  readonly key: string;
  readonly replacement?: Replacement;
}

/** Perturbed images, ready for the model. */
interface Batch {
  readonly keys: readonly string[];
  /** `[keys.length, C, H, W]`. */
  readonly images: Float32Array | Tensor<4, 'float32'>;
}

/** Scores every pass of the probes of one picture. */
export type PassScorer = (
  probes: Iterable<Pick<Probe<unknown>, 'passes'>>,
  /** `[C, H, W]` of the picture. */
  shape: readonly number[],
  /** The class whose probability is the score. */
  target: number,
  /** Stops scoring between passes and throws its reason. */
  signal?: AbortSignal,
) => Promise<Map<string, Score>>;

/**
 * Scores pictures one after the other. The kernel replaces pixels; consecutive copies of one order take one
 * call. The next batch is made while the model works on this one, where the model does not block the thread.
 *
 * @param batch  Images in one forward pass.
 * @throws {CamError} `option` for a batch below 1.
 */
export function passScorer(subject: Scorer, batch: number): PassScorer {
  expectBatch(batch);
  // Reused for all pictures: allocating memory costs more than filling it.
  let buffers: readonly Float32Array[] = [];
  return async (probes, shape, target, signal) => {
    const length = batch * shape.reduce((product, size) => product * size, 1);
    if (buffers[0]?.length !== length) buffers = [0, 1].map(() => new Float32Array(length));
    return scoreProbes(new BatchMaker(subject, shape, buffers, signal), probes, target);
  };
}

async function scoreProbes(
  maker: BatchMaker,
  probes: Iterable<Pick<Probe<unknown>, 'passes'>>,
  target: number,
): Promise<Map<string, Score>> {
  const scores = new Map<string, Score>();
  const score = async ({ keys, images }: Batch): Promise<void> => {
    const rows = await maker.score(images, keys.length);
    addScores(
      scores,
      keys,
      rows.map((row) => ({ score: row[target], predicted: largest(row) })),
    );
  };
  let scoring = Promise.resolve();
  try {
    for await (const made of maker.batches(probes)) {
      await scoring;
      scoring = score(made);
      // Awaited in the next round or below. Until then a rejection must not count as unhandled.
      scoring.catch(() => undefined);
    }
    await scoring;
  } finally {
    await Promise.allSettled([scoring]);
    maker.release();
  }
  return scores;
}

/** The first class with the highest probability. */
function largest(row: Float64Array): number {
  let best = 0;
  for (let c = 1; c < row.length; c++) if (row[c] > row[best]) best = c;
  return best;
}

/** Builds batches in two alternating buffers, and keeps on the backend what many batches need. */
class BatchMaker {
  private readonly ops: Ops;
  private readonly backend: Backend;
  /** Number of values of one image, and number of images of a batch. */
  private readonly length: number;
  private readonly batch: number;
  private readonly images = new Map<InputTensor, Tensor<3>>();
  // By name: probes may each make their own baselines and orders, and names are unique within one picture.
  private readonly baselines = new Map<string, Tensor<3>>();
  private readonly ranks = new Map<string, Tensor<2, 'uint32'>>();

  constructor(
    private readonly subject: Scorer,
    private readonly shape: readonly number[],
    private readonly buffers: readonly Float32Array[],
    private readonly signal: AbortSignal | undefined,
  ) {
    this.backend = subject.backend;
    this.ops = opsOn(subject.backend);
    this.length = shape.reduce((product, size) => product * size, 1);
    this.batch = buffers[0].length / this.length;
  }

  async *batches(probes: Iterable<Pick<Probe<unknown>, 'passes'>>): AsyncGenerator<Batch, void, undefined> {
    let [buffer, other] = this.buffers;
    let slots: Slot[] = [];
    for (const pass of distinctPasses(probes)) {
      const { key, replacement } = pass;
      // `image` is a reused buffer, so an image that no kernel makes is copied at once.
      if (!replacement) buffer.set(pass.image, slots.length * this.length);
      slots.push({ key, replacement });
      if (slots.length < this.batch) continue;
      yield await this.finish(slots, buffer);
      slots = [];
      [buffer, other] = [other, buffer];
    }
    if (slots.length > 0) yield await this.finish(slots, buffer);
  }

  async score(images: Batch['images'], count: number): Promise<Rows> {
    if (images instanceof Float32Array)
      return this.subject.scores(images, [count, ...this.shape], this.signal);
    try {
      return (await this.subject.scoresOnDevice?.(images, this.signal)) ?? [];
    } finally {
      this.backend.release(images);
    }
  }

  release(): void {
    const kept = [...this.images.values(), ...this.baselines.values(), ...this.ranks.values()];
    for (const tensor of kept) this.backend.release(tensor);
  }

  /**
   * Lets the kernel fill the slots that it can. If it fills the whole batch, and the model runs on the same
   * device, the batch stays there.
   */
  private async finish(slots: readonly Slot[], buffer: Float32Array): Promise<Batch> {
    const keys = slots.map(({ key }) => key);
    for (let from = 0, to: number; from < slots.length; from = to) {
      const first = slots[from].replacement;
      to = from + 1;
      if (!first) continue;
      const spans = [...first.span];
      for (; to < slots.length; to++) {
        const next = slots[to].replacement;
        if (!next || !alike(first, next)) break;
        spans.push(...next.span);
      }
      const made = this.replaced(first, Uint32Array.from(spans));
      if (spans.length === 2 * slots.length && this.subject.scoresOnDevice) return { keys, images: made };
      try {
        await this.backend.read(made, buffer.subarray(from * this.length, to * this.length));
      } finally {
        this.backend.release(made);
      }
    }
    return { keys, images: buffer.subarray(0, slots.length * this.length) };
  }

  private replaced({ image, baseline, order }: Replacement, spans: Uint32Array): Tensor<4, 'float32'> {
    const { backend, ops } = this;
    const [c, h, w] = this.shape;
    const upload = ({ data }: InputTensor) => backend.upload(data, [c, h, w] as const, 'float32');
    const kept = once(this.images, image, () => upload(image));
    const other = once(this.baselines, baseline.name, () => upload(baseline.image));
    const ranks = once(this.ranks, order.name, () =>
      backend.upload(ranksOf(order), [h, w] as const, 'uint32'),
    );
    return backend.scope(() => {
      const list = backend.upload(spans, [spans.length / 2, 2] as const, 'uint32');
      return ops.replaceRanked(kept, other, ranks, list);
    });
  }
}

const alike = (a: Replacement, b: Replacement): boolean =>
  a.image === b.image && a.baseline.name === b.baseline.name && a.order.name === b.order.name;

function once<K, V>(made: Map<K, V>, key: K, make: () => V): V {
  const value = made.get(key) ?? make();
  made.set(key, value);
  return value;
}
