import type { LayerMap } from '../../types.js';

/**
 * Why a map is flat, as a sentence for people; `undefined` where it is not.
 * @param alternative  A layer to try instead, if there is one.
 */
export function flatness(
  { layer, raw, weights }: LayerMap,
  saliency: Float32Array,
  alternative: string | undefined,
): string | undefined {
  if (saliency.some((value) => value !== 0)) return undefined;
  const flat = `layer "${layer}": the map is flat: `;
  const hint = alternative ? ` Try layer "${alternative}".` : '';
  if (weights?.every((weight) => weight === 0))
    return `${flat}every channel has weight 0, as with a picture of one grey or a gradient of 0.${hint}`;
  const largest = raw.data.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  if (raw.data.length === 1) return `${flat}the layer has a single position.${hint}`;
  if (largest > 0) return `${flat}its value is the same everywhere.${hint}`;
  return `${flat}nothing is left after ReLU, since all ${raw.data.length} values are ≤ 0.${hint}`;
}
