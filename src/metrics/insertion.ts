import type { InputTensor } from '../types.js';
import { type Curve, type CurveOptions, curveProbe } from './curve.js';
import type { Probe } from './passes.js';
import type { PixelOrder } from './pixel-order.js';

/**
 * Insertion: the score while pixels are shown on a baseline. With the most salient first, higher is better;
 * with the least salient first (`pixelOrder(saliency, 'least-first')`, MI-CAM's Table 2), lower is better.
 *
 * image `[C, H, W]`, order over its pixels. The curve has the bare baseline at 0 and the untouched image at
 * 1; the area follows the trapezoid rule, 0..1 for probabilities.
 *
 * Insertion with the least salient first is deletion with the most salient first, read backwards. Without
 * ties, and where the steps divide the pixels evenly, both have the same area. MI-CAM (arXiv:2507.09092)
 * §4.3; RISE (arXiv:1806.07421), whose baseline is `blurBaseline(image, 5, 11)`.
 * @throws {CamError} `shape`, `option`; its result `input` when a score is missing.
 */
export const insertion = (image: InputTensor, order: PixelOrder, options: CurveOptions = {}): Probe<Curve> =>
  curveProbe('insertion', image, order, 'show', options);
