/** A layer with the meaning of its axes. */

import type { Layer } from './model.js';

/**
 * Where channels and positions stand in a layer.
 * - `nchw`: `[n, K, h, w]`.
 * - `nhwc`: `[n, h, w, K]`.
 * - `tokens`: `[n, prefix + h·w, K]`, positions row by row behind `prefix` tokens that stand for none. Of a
 *   model that takes pictures of any size, `isScaled`, the grid is that of the usual size;
 *   `Network.layoutAt` gives that of another.
 */
export type Layout =
  | { readonly kind: 'nchw' }
  | { readonly kind: 'nhwc' }
  | {
      readonly kind: 'tokens';
      readonly grid: readonly [h: number, w: number];
      readonly prefix: number;
      readonly isScaled?: true;
    };

export interface FeatureMap extends Layer {
  readonly layout: Layout;
  /** A sentence that says why it was chosen; missing where it was not. */
  readonly reason?: string;
}

export const NCHW: Layout = { kind: 'nchw' };
