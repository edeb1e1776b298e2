import type { InputTensor } from '../types.js';
import { type Curve, type CurveOptions, curveProbe } from './curve.js';
import type { Probe } from './passes.js';
import type { PixelOrder } from './pixel-order.js';

/**
 * Deletion: the score while pixels are removed. With the most salient first, lower is better.
 *
 * image `[C, H, W]`, order over its pixels (`pixelOrder(saliency)`: most salient first). The curve has the
 * untouched image at 0 and the bare baseline at 1; the area follows the trapezoid rule, 0..1 for
 * probabilities. MI-CAM (arXiv:2507.09092) §4.3; RISE (arXiv:1806.07421).
 * @throws {CamError} `shape`, `option`; its result `input` when a score is missing.
 */
export const deletion = (image: InputTensor, order: PixelOrder, options: CurveOptions = {}): Probe<Curve> =>
  curveProbe('deletion', image, order, 'remove', options);
