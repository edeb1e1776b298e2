import type { Backend, Tensor, TensorOf } from '../backends/backend.js';
import { CamError } from '../errors.js';
import type { Ops } from '../kernels/ops.js';
import type { Method, MethodInputs, Need } from '../methods/method.js';
import type { LayerMap } from '../types.js';

/** A method's answer for one batch and one layer, on the host. */
export interface BatchMaps {
  /** `[n, h, w]`, before ReLU. */
  readonly raw: Float32Array;
  readonly coarse: readonly [number, number];
  /** `[n, k]` */
  readonly weights?: Float32Array;
  /** `[n, H, W]`: `minmax(upsample(relu(raw)))`. */
  readonly saliency: Float32Array;
}

/** What there is for methods; each finds what it declared. */
export type Available = { readonly [N in Need]: MethodInputs[N] | undefined };

/** Runs a method on one layer and follows its map to the saliency, all on the backend; one wait at the end. */
export async function runMethod(
  backend: Backend,
  k: Ops,
  method: Method,
  available: Available,
  size: readonly [number, number],
): Promise<BatchMaps> {
  for (const need of method.needs)
    if (!available[need]) throw new CamError('option', `${method.name}: expected ${need}, got none.`);
  const kept = backend.scope(() => {
    const { map, weights } = method.map(k, available as MethodInputs);
    const upsampled = k.resizeBilinear(k.relu(map), size);
    return { map, weights, saliency: k.rescale(upsampled, k.minMax(upsampled)) };
  });
  try {
    const [raw, weights, saliency] = await Promise.all([
      readFloats(backend, kept.map),
      kept.weights && readFloats(backend, kept.weights),
      readFloats(backend, kept.saliency),
    ]);
    return { raw, coarse: [kept.map.shape[1], kept.map.shape[2]], weights, saliency };
  } finally {
    for (const tensor of Object.values(kept)) if (tensor) backend.release(tensor);
  }
}

const readFloats = (backend: Backend, tensor: Tensor): Promise<Float32Array> =>
  backend.read(tensor as TensorOf<readonly number[], 'float32'>);

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
  if (weights?.every((weight) => weight === 0)) return `${flat}every channel has weight 0.`;
  const largest = raw.data.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  const hint = alternative ? ` Try layer "${alternative}".` : '';
  if (raw.data.length === 1) return `${flat}the layer has a single position.${hint}`;
  if (largest > 0) return `${flat}its value is the same everywhere.${hint}`;
  return `${flat}nothing is left after ReLU, since all ${raw.data.length} values are ≤ 0.${hint}`;
}
