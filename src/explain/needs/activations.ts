import type { Probe, ProbedImage } from '../../methods/probing.js';
import type { Batch } from '../batch.js';
import { readFloats } from '../run-method.js';
import type { Need, Provided } from './need.js';

/** The target layers themselves, which every forward pass gives. */
export const activations: Need = {
  plan: () => ({ open: () => ({ provide: (batch) => new Activations(batch) }) }),
};

class Activations implements Provided {
  /** By layer: the ranges of its channels, on the host. */
  private readonly ranges = new Map<number, Promise<Float32Array>>();

  constructor(private readonly batch: Batch) {}

  inputs(_: unknown, layer: number) {
    return { activations: this.batch.activations(layer) };
  }

  probe(layer: number): Pick<Probe, 'varying'> {
    return { varying: (image) => this.varying(image, layer) };
  }

  suspects(layer: number) {
    const { name } = this.batch.context.layers[layer];
    return [[`layer "${name}"`, this.batch.activations(layer)] as const];
  }

  release(): void {
    this.ranges.clear();
  }

  private async varying({ at }: ProbedImage, layer: number): Promise<Uint32Array> {
    const { backend } = this.batch.context;
    const read = this.ranges.get(layer) ?? readFloats(backend, this.batch.upsampledRanges(layer));
    this.ranges.set(layer, read);
    const ranges = await read;
    const [, count] = this.batch.activations(layer).shape;
    const channels = Uint32Array.from({ length: count }, (_, k) => k);
    const first = 2 * at * count;
    return channels.filter((k) => ranges[first + 2 * k + 1] > ranges[first + 2 * k]);
  }
}
