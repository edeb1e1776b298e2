import type { Backend, Tensor } from '../../src/backends/backend.js';
import { opsOn } from '../../src/kernels/ops.js';
import type { Method } from '../../src/methods/method.js';

/** Sizes of a layer: n, k, h, w. */
export type Shape4 = readonly [number, number, number, number];

/** A method's map and weights for activations and gradients on the host. */
export async function runOn(
  backend: Backend,
  method: Method<'activations' | 'gradients'> | Method<'activations'>,
  activations: Float32Array,
  gradients: Float32Array,
  shape: Shape4,
): Promise<{ readonly map: Float32Array; readonly weights?: Float32Array }> {
  const inputs = {
    activations: backend.upload(activations, shape, 'float32'),
    gradients: backend.upload(gradients, shape, 'float32'),
  };
  const made = backend.scope(() => method.map(opsOn(backend), inputs));
  const read = (tensor: Tensor) => backend.read(tensor as Tensor<number, 'float32'>);
  const result = { map: await read(made.map), weights: made.weights && (await read(made.weights)) };
  for (const tensor of [...Object.values(inputs), ...Object.values(made)]) backend.release(tensor);
  return result;
}
