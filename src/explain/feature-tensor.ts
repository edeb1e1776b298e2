/** The one place where what a session gives of a layer becomes `[n, k, h, w]`. */
import type { Backend, Tensor } from '../backends/backend.js';
import type { WebGpuBackend } from '../backends/webgpu.js';
import { CamError } from '../errors.js';
import { floats, imageOf, isDeviceTensor, type Output } from '../runtime/index.js';
import type { Failures } from './failures.js';
import { expectFinite } from './finite.js';

/** A layer, or a gradient with respect to it, `[n, k, h, w]`, as kernels take it. */
export type FeatureTensor = Tensor<4, 'float32'>;

/**
 * Takes an output of the session to the kernels' backend. Non-finite values on the host are noted for their
 * image; on the device they are looked for only where a map shows that something is wrong.
 * @param failures  Missing where values are finite by their making.
 * @throws {CamError} `layer` for another shape than `[n, k, h, w]`.
 */
export function onBackend(
  where: string,
  output: Output,
  batch: number,
  backend: Backend,
  failures?: Failures,
): FeatureTensor {
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
