import type { Backend, Tensor } from '../backends/backend.js';
import { CamError } from '../errors.js';
import { imageOf } from '../runtime/index.js';
import { expectFinite } from './finite.js';
import type { BatchMaps } from './run-method.js';

/** The error of each image of a batch that has one, by position in the batch: the first that was found. */
export class Failures {
  private readonly errors = new Map<number, CamError>();

  /** Runs a check on one image's behalf. */
  check<T>(at: number, check: () => T): T | undefined {
    try {
      return check();
    } catch (error) {
      if (!(error instanceof CamError)) throw error;
      if (!this.errors.has(at)) this.errors.set(at, error);
      return undefined;
    }
  }

  of(at: number): CamError | undefined {
    return this.errors.get(at);
  }
}

/**
 * Notes the images whose map is not finite, with the place in the layer that it comes from.
 * @param suspects  Tensors `[n, k, h, w]` that the map is made of, by what they are called.
 */
export async function findNonFinite(
  layer: string,
  suspects: readonly (readonly [name: string, tensor: Tensor<4, 'float32'>])[],
  maps: readonly BatchMaps[],
  batch: number,
  backend: Backend,
  failures: Failures,
): Promise<void> {
  for (let at = 0; at < batch; at++) {
    if (failures.of(at) || maps.every(({ raw }) => imageOf(raw, at, batch).every(Number.isFinite))) continue;
    for (const [name, tensor] of suspects) {
      const [, k, h, w] = tensor.shape;
      const values = await backend.read(tensor);
      failures.check(at, () => expectFinite(name, imageOf(values, at, batch), [k, h, w]));
    }
    failures.check(at, () => {
      throw new CamError(
        'input',
        `layer "${layer}": the map overflows float32 although all it is made of is finite.`,
      );
    });
  }
}
