/** How the values of a layer lie, as its shape and its surroundings show. */

import { isChannelsLast } from './channels-last.js';
import { type FeatureMap, type Layout, NCHW } from './feature-map.js';
import type { GraphFacts } from './graph-facts.js';
import type { Shape } from './model.js';

/** More tokens than networks have in front of their positions: class, distillation, registers. */
export const MOST_PREFIX = 16;

/** How often networks merge 2 × 2 patches. */
const MOST_MERGES = 6;

/**
 * The layout of a tensor; `undefined` where it is none of a layer.
 * @param maps  The feature maps `[n, K, h, w]` that it is computed from: the last one has the grid of tokens.
 */
export function layoutOf(
  { index, shapes }: Pick<GraphFacts, 'index' | 'shapes'>,
  tensor: string,
  maps: readonly FeatureMap[],
): Layout | undefined {
  const shape = shapes.get(tensor);
  if (shape?.length === 3) return tokensOf(shape, maps.at(-1)?.shape);
  if (shape && shape.length !== 4) return undefined;
  return isChannelsLast(index, shapes, tensor) ? { kind: 'nhwc' } : NCHW;
}

/**
 * `[n, prefix + h·w, K]`: the grid is that of the patches, or of patches merged 2 × 2; what is left is the
 * prefix.
 */
function tokensOf([, tokens]: Shape, patches: Shape | undefined): Layout | undefined {
  let [height, width] = patches?.slice(2) ?? [];
  if (typeof tokens !== 'number' || typeof height !== 'number' || typeof width !== 'number') return undefined;
  for (let merges = 0; merges <= MOST_MERGES && height * width > 1; merges++) {
    const prefix = tokens - height * width;
    if (prefix >= 0 && prefix <= MOST_PREFIX) return { kind: 'tokens', grid: [height, width], prefix };
    // What does not divide by two is padded.
    [height, width] = [Math.ceil(height / 2), Math.ceil(width / 2)];
  }
  return undefined;
}

/** A layout that is not `[n, K, h, w]`, for people: `tokens 14 × 14 + 1`. */
export function layoutText(layout: Layout): string {
  if (layout.kind === 'nchw') return '';
  if (layout.kind === 'nhwc') return 'channels last';
  return `tokens ${layout.grid.join(' × ')}${layout.prefix > 0 ? ` + ${layout.prefix}` : ''}`;
}

/** `[n, K, h, w]` of a layer, whatever its layout is. */
export function mapShape({ shape, layout }: FeatureMap): Shape {
  if (layout.kind === 'nchw') return shape;
  if (layout.kind === 'nhwc') return [shape[0], shape[3], shape[1], shape[2]];
  return [shape[0], shape[2], ...layout.grid];
}
