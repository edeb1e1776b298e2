import type { Backend, Tensor, TensorOf } from '../backends/backend.js';
import { CamError } from '../errors.js';
import type { Ops } from '../kernels/ops.js';
import type { AnyMethod, Method, MethodInputs, MethodMap, Need } from '../methods/method.js';
import type { Probe } from '../methods/probing.js';
import type { LayerMap } from '../types.js';

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
  /** By image: true where the weights are known to be rounding noise. */
  readonly noise?: readonly boolean[];
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
  for (const need of method.needs)
    if (!available[need]) throw new CamError('option', `${method.name}: expected ${need}, got none.`);
  return finish(backend, k, method, () => method.map(k, available as MethodInputs), options);
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

/** `minmax` of the mean of the layers' saliencies; one layer's own saliency is returned as it is. */
export function fuse(layers: readonly Float32Array[]): Float32Array {
  if (layers.length === 1) return layers[0];
  const mean = layers[0].map((_, p) => layers.reduce((sum, layer) => sum + layer[p], 0) / layers.length);
  let lo = Number.POSITIVE_INFINITY;
  let hi = Number.NEGATIVE_INFINITY;
  for (const value of mean) {
    lo = Math.min(lo, value);
    hi = Math.max(hi, value);
  }
  return hi > lo ? mean.map((value) => (value - lo) / (hi - lo)) : mean.fill(0);
}

/**
 * Why a map is flat, as a sentence for people; `undefined` where it is not.
 * @param alternative  A layer to try instead, if there is one.
 */
export function flatness(
  { layer, raw, weights }: LayerMap,
  saliency: Float32Array,
  alternative: string | undefined,
): string | undefined {
  if (saliency.some((value) => value !== 0)) return undefined;
  const flat = `layer "${layer}": the map is flat: `;
  const hint = alternative ? ` Try layer "${alternative}".` : '';
  if (weights?.every((weight) => weight === 0))
    return `${flat}every channel has weight 0, as with a picture of one grey or a gradient of 0.${hint}`;
  const largest = raw.data.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  if (raw.data.length === 1) return `${flat}the layer has a single position.${hint}`;
  if (largest > 0) return `${flat}its value is the same everywhere.${hint}`;
  return `${flat}nothing is left after ReLU, since all ${raw.data.length} values are ≤ 0.${hint}`;
}
