/** The one place where what a session gives of a layer becomes `[n, k, h, w]`. */
import type { Backend, Tensor } from '../backends/backend.js';
import type { WebGpuBackend } from '../backends/webgpu.js';
import { CamError } from '../errors.js';
import type { Layout } from '../onnx/feature-map.js';
import { floats, imageOf, isDeviceTensor, type Output } from '../runtime/index.js';
import type { Failures } from './failures.js';
import { expectFinite } from './finite.js';
import { channelsFirst, extentOf } from './layout.js';

/** A layer, or a gradient with respect to it, `[n, k, h, w]`, as kernels take it. */
export type FeatureTensor = Tensor<4, 'float32'>;

/**
 * Takes an output of the session to the kernels' backend. Non-finite values on the host are noted for their
 * image; on the device they are looked for only where a map shows that something is wrong.
 * @param layout    How the output's values lie.
 * @param failures  Missing where values are finite by their making.
 * @throws {CamError} `layer` for another shape than the layout's.
 */
export function onBackend(
  where: string,
  output: Output,
  layout: Layout,
  batch: number,
  backend: Backend,
  failures?: Failures,
): FeatureTensor {
  const extent = extentOf(layout, output.shape);
  if (!extent || output.shape[0] !== batch || output.shape.includes(0))
    throw new CamError(
      'layer',
      `${where}: expected [${batch}, ${expectedAxes(layout)}], got [${output.shape.join(', ')}].`,
    );
  const { channels: k, height: h, width: w } = extent;
  const shape = [batch, k, h, w] as const;
  if (isDeviceTensor(output)) return (backend as WebGpuBackend).wrap(output.buffer, shape);
  const values = floats(output, where);
  const data = layout.kind === 'nchw' ? values : channelsFirst(values, batch, extent);
  for (let at = 0; failures && at < batch; at++)
    failures.check(at, () => expectFinite(where, imageOf(data, at, batch), [k, h, w]));
  return backend.upload(data, shape, 'float32');
}

function expectedAxes(layout: Layout): string {
  if (layout.kind === 'nchw') return 'k, h, w';
  if (layout.kind === 'nhwc') return 'h, w, k';
  const [h, w] = layout.grid;
  return `${layout.prefix + h * w}, k`;
}
