import { CamError } from '../errors.js';
import { gram as shader } from '../generated/shaders.js';
import { ceilDiv, defineKernel, rank4 } from './define.js';

/**
 * Whose inner products the Gram matrix holds: those of positions, summed over channels, or of channels,
 * summed over positions.
 */
export type GramOf = 'positions' | 'channels';

/**
 * What values are multiplied with, so that gradients of 1e-20 do not vanish in their squares. A power of two:
 * exact.
 */
export const GRAM_SCALE = 2 ** 32;

/** Most positions or channels: what one workgroup of `principalComponent` holds. */
const LARGEST = 2048;

/**
 * Inner products of the layer's positions, `gram[n, p, q] = s² Σ_k x[n, k, p] · x[n, k, q]`, or of its
 * channels, `gram[n, k, l] = s² Σ_p x[n, k, p] · x[n, l, p]`, with s = 2^32 = `GRAM_SCALE`.
 *
 * x `[n, k, h, w]` → `[n, h·w, h·w]` or `[n, k, k]`, exactly symmetric; units are those of x squared. Values
 * from 1e-27 to 1e7. Within 1e-6 (wasm: 6e-7) of the root of the two inner products of an item with itself.
 * @throws {CamError} `shape` when x is not `[n, k, h, w]`, or for more than 2,048 positions or channels.
 */
export const gram = defineKernel(shader, { x: 4, gram: 3 }, ({ x }, of: GramOf) => {
  const [n, k, h, w] = rank4('gram: x', x);
  const [items, terms] = of === 'positions' ? [h * w, k] : [k, h * w];
  if (items > LARGEST) {
    throw new CamError(
      'shape',
      `gram: x: expected at most ${LARGEST} ${of}, got ${items} in [${x.join(', ')}]. Choose a layer that is smaller in positions or channels.`,
    );
  }
  const tiles = ceilDiv(items, 16);
  return {
    params: {
      batch: n,
      items,
      terms,
      itemStride: of === 'positions' ? 1 : terms,
      termStride: of === 'positions' ? items : 1,
      scale: GRAM_SCALE,
    },
    output: [n, items, items],
    workgroups: [tiles, tiles, n],
  };
});
