import type { InputTensor } from '../types.js';
import type { Baseline } from './baseline.js';
import type { PixelOrder } from './pixel-order.js';

/** `[from, to)` of a pixel order. */
export type Span = readonly [from: number, to: number];

/**
 * How a copy of an image is made: the baseline replaces the pixels `order[from..to)`. For code that makes
 * copies elsewhere, e.g. on a GPU.
 */
export interface Replacement {
  readonly image: InputTensor;
  readonly baseline: Baseline;
  readonly order: PixelOrder;
  readonly span: Span;
}
