import { fuse } from '../explain/result/fuse.js';
import { type Plane, upsample } from '../metrics/index.js';
import type { SaliencyMap } from '../types.js';

/** A map in the journal: at the layer's resolution, enough to recompute the saliency. */
export interface StoredMap {
  /** Before ReLU, one per layer. */
  readonly layers: readonly { readonly data: readonly number[]; readonly shape: Plane['shape'] }[];
  /** True where the numbers have a meaning of their own: they are upsampled, not scaled. */
  readonly asTheyStand?: true;
}

export function storeMap({ layers, values }: SaliencyMap): StoredMap {
  return {
    // Nine digits restore a float32 exactly.
    layers: layers.map(({ raw: { data, shape } }) => ({
      data: Array.from(data, (value) => Number(value.toPrecision(9))),
      shape,
    })),
    ...(values && { asTheyStand: true }),
  };
}

/**
 * `minmax(upsample(relu(map)))`, several layers averaged: the saliency `[H, W]` of the explainer, up to
 * rounding.
 */
export function saliencyOf(
  { layers, asTheyStand }: StoredMap,
  size: Plane['shape'],
): Plane & { data: Float32Array } {
  const saliencies = layers.map(({ data, shape }) => {
    const positive = asTheyStand ? data : data.map((value) => Math.max(0, value));
    const up = Float32Array.from(upsample({ data: positive, shape }, size).data);
    return asTheyStand ? up : scaled(up);
  });
  return { data: fuse(saliencies), shape: size };
}

function scaled(values: Float32Array): Float32Array {
  let [lo, hi] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of values) {
    lo = Math.min(lo, value);
    hi = Math.max(hi, value);
  }
  return values.map((value) => (hi > lo ? (value - lo) / (hi - lo) : 0));
}
