/** In which order pixels are covered; page and worker mean the same by it. */
import { type PixelOrder, pixelOrder, randomOrder } from '../../src/metrics/index.js';

/** Of a curve: 1 % of the pixels each. */
export const STEPS = 100;
const SEED = 1;

/** @param saliency  Its hottest pixels come first; missing: the order is random, always the same. */
export function orderOf(saliency: Float32Array | undefined, shape: readonly [number, number]): PixelOrder {
  return saliency ? pixelOrder({ data: saliency, shape }) : randomOrder(shape, SEED);
}
