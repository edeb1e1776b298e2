import type { Backend, Tensor } from '../backends/backend.js';
import type { WebGpuBackend } from '../backends/webgpu.js';
import { CamError } from '../errors.js';
import { isDeviceTensor, type Output, type RuntimeTensor, type Session } from '../runtime/index.js';
import { expectFinite } from './finite.js';
import type { BatchMaps } from './saliency.js';

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
 * Takes a `[n, k, h, w]` output of the session to the kernels' backend. Non-finite values on the host are
 * noted for their image; on the device they are looked for only where a map shows that something is wrong.
 * @param failures  Missing where values are finite by their making.
 * @throws {CamError} `layer` for another shape.
 */
export function toBackend(
  where: string,
  output: Output,
  batch: number,
  backend: Backend,
  failures?: Failures,
): Tensor<4, 'float32'> {
  const [n, k, h, w] = output.shape;
  if (output.shape.length !== 4 || n !== batch || k * h * w === 0) {
    throw new CamError('layer', `${where}: expected [${batch}, k, h, w], got [${output.shape.join(', ')}].`);
  }
  const shape = [n, k, h, w] as const;
  if (isDeviceTensor(output)) return (backend as WebGpuBackend).wrap(output.buffer, shape);
  const data = floats(output, where);
  for (let at = 0; failures && at < batch; at++)
    failures.check(at, () => expectFinite(where, imageOf(data, at, batch), [k, h, w]));
  return backend.upload(data, shape, 'float32');
}

/** The backend, where the session shares its device: each takes the other's tensors without copying. */
export function sharing(backend: Backend, { device }: Session): WebGpuBackend | undefined {
  const gpu = backend.name === 'webgpu' ? (backend as WebGpuBackend) : undefined;
  return gpu?.gpu.device === device ? gpu : undefined;
}

/** Notes the images whose map is not finite, with the place in the layer that it comes from. */
export async function findNonFinite(
  layer: string,
  tensors: Readonly<Record<string, Tensor<4, 'float32'>>>,
  maps: readonly BatchMaps[],
  backend: Backend,
  failures: Failures,
): Promise<void> {
  const [batch, k, h, w] = tensors.activations.shape;
  for (let at = 0; at < batch; at++) {
    if (failures.of(at) || maps.every(({ raw }) => imageOf(raw, at, batch).every(Number.isFinite))) continue;
    for (const [name, tensor] of Object.entries(tensors)) {
      const values = await backend.read(tensor);
      const where = name === 'activations' ? `layer "${layer}"` : `layer "${layer}", ${name}`;
      failures.check(at, () => expectFinite(where, imageOf(values, at, batch), [k, h, w]));
    }
    failures.check(at, () => {
      throw new CamError(
        'input',
        `layer "${layer}": the map overflows float32 although all it is made of is finite.`,
      );
    });
  }
}

/** @throws {CamError} `model` for what is neither float32 nor float16. */
export function floats(output: RuntimeTensor, where: string): Float32Array {
  if (output.data instanceof Float32Array) return output.data;
  if (output.data instanceof Float64Array) return Float32Array.from(output.data);
  throw new CamError('model', `${where}: expected values of floating point, got ${output.dtype}.`);
}

/** One image's part of a batch: a view. */
export function imageOf(values: Float32Array, at: number, batch: number): Float32Array {
  const length = values.length / batch;
  return values.subarray(at * length, (at + 1) * length);
}

/** The parts one behind the other; not copied where they lie so. */
export function concat(parts: readonly Float32Array[]): Float32Array {
  const [{ buffer, byteOffset }] = parts;
  let end = byteOffset;
  const inPlace = parts.every((part) => {
    const follows = part.buffer === buffer && part.byteOffset === end;
    end += part.byteLength;
    return follows;
  });
  if (inPlace) return new Float32Array(buffer, byteOffset, (end - byteOffset) / 4);
  const all = new Float32Array(parts.length * parts[0].length);
  parts.forEach((part, n) => {
    all.set(part, n * part.length);
  });
  return all;
}
