import type { Backend, Tensor, TensorOf } from '../backends/backend.js';
import { CamError } from '../errors.js';
import type { Ops } from '../kernels/ops.js';
import type { AnyMethod, Method, MethodInputs, MethodMap, Need } from '../methods/method.js';
import type { Probe } from '../methods/probing.js';

/** A method's answer for one batch and one layer, on the host. */
export interface BatchMaps {
  /** `[n, h, w]`, before ReLU. */
  readonly raw: Float32Array;
  readonly coarse: readonly [number, number];
  /** `[n, k]` */
  readonly weights?: Float32Array;
  /**
   * `[n, H, W]`: `minmax(upsample(relu(raw)))`, or `upsample(raw)` where values mean something as they stand.
   */
  readonly saliency: Float32Array;
  /** True where eigen-smoothing was asked for and the method has no channel weights to smooth. */
  readonly unsmoothed: boolean;
  /** What there is to say of it: lists of sentences for people, each by image. */
  readonly remarks?: readonly (readonly (string | undefined)[])[];
}

/** What there is for methods; each finds what it declared. */
export type Available = { readonly [N in Need]?: MethodInputs[N] };

export interface FinishOptions {
  /** `[H, W]` of the saliency. */
  readonly size: readonly [number, number];
  /** The layer, where the map is to be the first principal component of the weighted channels. */
  readonly smooth?: Tensor<4>;
  /** Reads a tensor's numbers. @default into memory of their own */
  readonly read?: (tensor: Tensor) => Promise<Float32Array>;
}

/**
 * Runs a method on one layer and follows its map to the saliency, all on the backend; one wait at the end.
 */
export function runMethod(
  backend: Backend,
  k: Ops,
  method: Method,
  available: Available,
  options: FinishOptions,
): Promise<BatchMaps> {
  expectInputs(method, available);
  return finish(backend, k, method, () => method.map(k, available), options);
}

/** @throws {CamError} `option` for an input that the method needs and that is missing. */
function expectInputs({ name, needs }: Method, available: Available): asserts available is MethodInputs {
  for (const need of needs)
    if (!available[need]) throw new CamError('option', `${name}: expected ${need}, got none.`);
}

/**
 * The same for a method that runs the model: what it finds comes back to the backend and goes the way of all
 * maps.
 */
export async function runProbing(
  backend: Backend,
  k: Ops,
  method: Exclude<AnyMethod, Method>,
  probe: Probe,
  options: FinishOptions,
): Promise<BatchMaps> {
  const found = await method.probe(k, probe);
  const [n, channels, h, w] = probe.activations.shape;
  const made = (): MethodMap => {
    if ('map' in found) return { map: backend.upload(found.map, [n, h, w] as const, 'float32') };
    const weights = backend.upload(found.weights, [n, channels] as const, 'float32');
    return { map: k.weightedSum(probe.activations, weights), weights };
  };
  return finish(backend, k, method, made, options);
}

async function finish(
  backend: Backend,
  k: Ops,
  method: AnyMethod,
  made: () => MethodMap,
  { size, smooth, read = (tensor) => readFloats(backend, tensor) }: FinishOptions,
): Promise<BatchMaps> {
  const asTheyStand = 'values' in method && method.values !== undefined;
  const kept = backend.scope(() => {
    const { map: plain, weights } = made();
    const map = smooth && weights ? k.firstComponent(k.centre(k.scaleChannels(smooth, weights))) : plain;
    if (asTheyStand) return { map, weights, saliency: k.resizeBilinear(map, size) };
    return { map, weights, saliency: k.saliency(map, size) };
  });
  try {
    const [raw, weights, saliency] = await Promise.all([
      read(kept.map),
      kept.weights && read(kept.weights),
      read(kept.saliency),
    ]);
    const coarse = [kept.map.shape[1], kept.map.shape[2]] as const;
    return { raw, coarse, weights, saliency, unsmoothed: smooth !== undefined && !weights };
  } finally {
    for (const tensor of Object.values(kept)) if (tensor) backend.release(tensor);
  }
}

/** A float32 tensor's numbers. */
export const readFloats = (backend: Backend, tensor: Tensor, into?: Float32Array): Promise<Float32Array> =>
  backend.read(tensor as TensorOf<readonly number[], 'float32'>, into);
