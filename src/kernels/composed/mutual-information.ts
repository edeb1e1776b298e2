import type { Backend, Tensor } from '../../backends/backend.js';
import { arrangeGray } from '../arrange-gray.js';
import type { Bins } from '../bins.js';
import { rank3 } from '../define.js';
import { grayHistogram } from '../gray-histogram.js';
import { mutualInformation as counted } from '../mutual-information.js';
import { quantizeLayer } from '../quantize-layer.js';
import { entropyTable } from './entropy-table.js';

export interface InformationOptions {
  /** Levels of grey, and of each map. @default 64 */
  readonly bins?: Bins;
}

/**
 * Mutual information, nats, of each upsampled channel `[n, k, h, w]` with the grey image `[n, H, W]`, 0 to
 * 255, in `bins` × `bins` cells → `[n, k]`: the layer is quantised, the image put in the order of counting,
 * then both are counted.
 */
export function mutualInformation(
  backend: Backend,
  activations: Tensor<4>,
  gray: Tensor<3, 'uint32'>,
  { bins = 64 }: InformationOptions = {},
): Tensor<2, 'float32'> {
  const [, H, W] = rank3('mutualInformation: gray', gray.shape);
  const { table, unit } = entropyTable(backend, H * W, bins);
  return backend.scope(() => {
    const q = backend.run(quantizeLayer, { activations }, [H, W]);
    const grayCounts = backend.run(grayHistogram, { gray }, bins);
    const arranged = backend.run(arrangeGray, { gray }, { bins, width: q.shape[3] });
    return backend.run(counted, { q, arranged, grayCounts, table }, { bins, size: [H, W], unit });
  });
}
