import type { Tensor } from '../../backends/backend.js';
import type { Method } from '../../methods/method.js';
import { oneHot } from '../../targets/index.js';
import type { Batch } from '../batch.js';
import type { Need, Provided, Targets } from './need.js';

/** How much each class counts, `[n, C]`, as a method's `classes` has it: else 1 for an image's own. */
export const target: Need = {
  plan: () => ({ open: () => ({ provide: (batch) => new TargetVectors(batch) }) }),
};

class TargetVectors implements Provided {
  private readonly made = new Map<Method, Tensor<2>>();
  private targets: Targets = [];

  constructor(private readonly batch: Batch) {}

  async forTargets(targets: Targets): Promise<void> {
    this.release();
    this.targets = targets;
  }

  inputs(method: Method) {
    const known = this.made.get(method);
    const vectors = known ?? this.upload(method);
    this.made.set(method, vectors);
    return { target: vectors };
  }

  private upload({ classes = oneHot }: Method): Tensor<2> {
    const { size, pass, context } = this.batch;
    const count = pass.scores(0).length;
    const data = new Float32Array(size * count);
    this.targets.forEach((target, at) => {
      if (target) data.set(classes(target.index, count), at * count);
    });
    return context.backend.upload(data, [size, count] as const, 'float32');
  }

  release(): void {
    for (const tensor of this.made.values()) this.batch.context.backend.release(tensor);
    this.made.clear();
  }
}
