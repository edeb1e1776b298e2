import type { Backend, DataType, Shape, TensorOf, TypedArrays } from '../../backends/backend.js';
import { elements } from '../../backends/backend.js';
import { uniform } from '../../methods/probing.js';

/** Input values for a kernel, the same on every machine. */
export interface HostTensor<S extends Shape, D extends DataType> {
  readonly data: TypedArrays[D];
  readonly shape: S;
  readonly dtype: D;
}

export type HostTensors = Readonly<Record<string, HostTensor<Shape, DataType>>>;

/** The same values on a backend. */
export type Uploaded<I extends HostTensors> = {
  readonly [K in keyof I]: I[K] extends HostTensor<infer S, infer D> ? TensorOf<S, D> : never;
};

export function upload<I extends HostTensors>(backend: Backend, inputs: I): Uploaded<I> {
  const placed = Object.entries(inputs).map(([name, { data, shape, dtype }]) => [
    name,
    backend.upload(data, shape, dtype),
  ]);
  return Object.fromEntries(placed) as Uploaded<I>; // by name, each with its shape and type
}

export const float32 = <const S extends Shape>(
  shape: S,
  value: (i: number) => number,
): HostTensor<S, 'float32'> => ({
  data: Float32Array.from({ length: elements(shape) }, (_, i) => value(i)),
  shape,
  dtype: 'float32',
});

export const uint32 = <const S extends Shape>(
  shape: S,
  value: (i: number) => number,
): HostTensor<S, 'uint32'> => ({
  data: Uint32Array.from({ length: elements(shape) }, (_, i) => value(i)),
  shape,
  dtype: 'uint32',
});

/** In [-scale, scale): weights, gradients, scores before softmax. */
export function signed<const S extends Shape>(shape: S, seed: number, scale = 1): HostTensor<S, 'float32'> {
  const next = uniform(seed);
  return float32(shape, () => (next() * 2 - 1) * scale);
}

/**
 * Activations after ReLU: 0 or more, half of them exactly 0. The channels are correlated, since they see one
 * scene, so that the first principal component is distinct. `[n, k, …]`
 */
export function activationsOf<const S extends Shape>(shape: S, seed: number): HostTensor<S, 'float32'> {
  const next = uniform(seed);
  const positions = elements(shape.slice(2));
  const scene = Float32Array.from({ length: positions }, () => next() * 2 - 1);
  let share = 0;
  return float32(shape, (i) => {
    if (i % positions === 0) share = next();
    return Math.max(0, next() - 0.5 + 0.7 * share * scene[i % positions]);
  });
}

/** Grey pictures, 0 to 255: a gradient of brightness, waves and noise. `[n, H, W]` */
export function grayPictures<const S extends Shape>(shape: S, seed: number): HostTensor<S, 'uint32'> {
  const next = uniform(seed);
  const [, H, W] = shape;
  return uint32(shape, (i) => {
    const [y, x] = [Math.floor(i / W) % H, i % W];
    const value = 96 + 60 * Math.sin(x / 17) + 50 * Math.cos(y / 23 + x / 60) + 30 * (next() - 0.5);
    return Math.min(255, Math.max(0, Math.round(value)));
  });
}
