/** How many images one pass takes. */

/** Bytes that one pass may take for activations. Larger batches gain little on a CPU and cost memory. */
const PASS_BYTES = 64 * 2 ** 20;

/** How many tensors of its largest size a model holds at once, more or less. */
const LIVE = 3;

/** Bytes that one pass over pictures may take: a batch saves little beyond what this holds. */
const BATCH_BYTES = 256 * 2 ** 20;

/** Images in one pass where nobody says: 8, fewer where the model's tensors are large. */
export const usualBatch = (largest: number): number =>
  Math.min(8, Math.max(1, Math.floor(BATCH_BYTES / (LIVE * largest))));

/** Images in one pass of a model whose largest tensor has so many bytes, fed with so many. */
export function passSize(largest: number, fed: number, most: number): number {
  return Math.min(most, Math.max(1, Math.floor(PASS_BYTES / (LIVE * largest + fed))));
}
