import type { InputTensor } from '../types.js';
import { type Curve, type CurveOptions, curveProbe } from './curve.js';
import type { Probe } from './passes.js';
import type { PixelOrder } from './pixel-order.js';

/**
 * Insertion: the score while pixels are shown on a baseline. With the most salient first, higher is better;
 * the least salient first (`pixelOrder(saliency, 'least-first')`, MI-CAM's Table 2), lower is better.
 *
 * image `[C, H, W]`, order over its pixels. The curve has the bare baseline at 0 and the untouched image at
 * 1; the area is that of the trapezoid rule, 0..1 for probabilities.
 *
 * Showing the least salient first on a baseline is deleting the most salient first, read backwards: without
 * ties, and where the steps divide the pixels evenly, both have the same area. MI-CAM (arXiv:2507.09092)
 * §4.3; RISE (arXiv:1806.07421), whose baseline is `blurBaseline(image, 5, 11)`.
 * @throws {CamError} `shape`, `option`; its result `input` when a score is missing.
 */
export const insertion = (image: InputTensor, order: PixelOrder, options: CurveOptions = {}): Probe<Curve> =>
  curveProbe('insertion', image, order, 'show', options);
